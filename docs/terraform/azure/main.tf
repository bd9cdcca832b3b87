# An action group that posts alerts to the bridge: docs/senders/azure-monitor.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0, < 6.0"
    }
  }
}

# Needs ARM_SUBSCRIPTION_ID in the environment, and a sign-in (az login, or a service principal's ARM_… variables).
provider "azurerm" {
  features {}
}

variable "bridge_url" {
  description = "The bridge's address, such as https://devin-bridge.example.workers.dev"
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+$", var.bridge_url))
    error_message = "An https:// address without a path."
  }
}

variable "resource_group" {
  description = "The resource group that the action group goes into"
  type        = string
}

variable "webhook_secret" {
  description = "WEBHOOK_SECRET, of letters and digits; it becomes part of the address, and so of the state. null with entra_id"
  type        = string
  sensitive   = true
  default     = null
}

variable "entra_id" {
  description = "The app registration whose token Azure sends, in place of a secret in the address; null without"
  type = object({
    object_id      = string
    identifier_uri = string
    tenant_id      = string
  })
  default = null
}

locals {
  hook = "${var.bridge_url}/hooks/azure-monitor"
}

resource "azurerm_monitor_action_group" "devin_bridge" {
  name                = "devin-bridge"
  short_name          = "devin"
  resource_group_name = var.resource_group

  webhook_receiver {
    name                    = "devin-bridge"
    service_uri             = var.entra_id == null ? "${local.hook}?secret=${var.webhook_secret}" : local.hook
    use_common_alert_schema = true

    dynamic "aad_auth" {
      for_each = var.entra_id == null ? [] : [var.entra_id]

      content {
        object_id      = aad_auth.value.object_id
        identifier_uri = aad_auth.value.identifier_uri
        tenant_id      = aad_auth.value.tenant_id
      }
    }
  }

  lifecycle {
    precondition {
      condition     = (var.entra_id == null) != (var.webhook_secret == null)
      error_message = "Either webhook_secret or entra_id."
    }
  }
}

output "action_group_id" {
  description = "For the actions of alert rules and alert processing rules"
  value       = azurerm_monitor_action_group.devin_bridge.id
}
