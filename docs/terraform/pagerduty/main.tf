# PagerDuty tells the bridge of incidents: docs/senders/pagerduty.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    pagerduty = {
      source  = "PagerDuty/pagerduty"
      version = "~> 3.32"
    }
  }
}

# Needs PAGERDUTY_TOKEN in the environment, and PAGERDUTY_SERVICE_REGION = "eu" for accounts in Europe.
provider "pagerduty" {}

variable "bridge_url" {
  description = "The bridge's address, such as https://devin-bridge.example.workers.dev"
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+$", var.bridge_url))
    error_message = "An https:// address without a path."
  }
}

variable "service" {
  description = "The service whose incidents the bridge hears of; null for the whole account"
  type        = string
  default     = null
}

variable "events" {
  description = "What it hears of. Add the others of incident.* where a route starts early, or where Devin should know of notes and changes"
  type        = list(string)
  default     = ["incident.resolved"]
}

variable "webhook_secret" {
  description = "WEBHOOK_SECRET. The provider does not hand out the signing secret that PagerDuty makes, so the shared one is sent in a header"
  type        = string
  sensitive   = true
}

data "pagerduty_service" "watched" {
  count = var.service == null ? 0 : 1
  name  = var.service
}

resource "pagerduty_webhook_subscription" "devin_bridge" {
  description = "Devin drafts a postmortem"
  type        = "webhook_subscription"
  active      = true
  events      = var.events

  delivery_method {
    type = "http_delivery_method"
    url  = "${var.bridge_url}/pagerduty-resolved"

    custom_header {
      name  = "X-Webhook-Secret"
      value = var.webhook_secret
    }
  }

  filter {
    type = var.service == null ? "account_reference" : "service_reference"
    id   = one(data.pagerduty_service.watched[*].id)
  }
}

output "webhook_subscription_id" {
  description = "For a test event: POST https://api.pagerduty.com/webhook_subscriptions/<id>/ping"
  value       = pagerduty_webhook_subscription.devin_bridge.id
}
