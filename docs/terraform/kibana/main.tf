# A connector to the bridge, and a rule with the two actions that the bridge needs: docs/senders/kibana.md.

terraform {
  required_version = ">= 1.3"
  required_providers {
    elasticstack = {
      source  = "elastic/elasticstack"
      version = "~> 0.16"
    }
  }
}

# Needs KIBANA_ENDPOINT and KIBANA_API_KEY in the environment.
provider "elasticstack" {
  kibana {}
}

variable "bridge_url" {
  description = "The bridge's address, such as https://devin-bridge.example.workers.dev"
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+$", var.bridge_url))
    error_message = "An https:// address without a path."
  }
}

variable "webhook_secret" {
  description = "WEBHOOK_SECRET"
  type        = string
  sensitive   = true
}

variable "index" {
  description = "Where the rule looks"
  type        = list(string)
  default     = ["logs-*"]
}

variable "query" {
  description = "What the rule looks for, as an Elasticsearch query"
  type        = string
  default     = <<-JSON
    {"query": {"bool": {"filter": [{"match": {"log.level": "error"}}]}}}
  JSON
}

locals {
  # Kibana fills in what is in double braces.
  fires = {
    source           = "kibana"
    status           = "{{alert.actionGroup}}"
    ruleId           = "{{rule.id}}"
    alertName        = "{{rule.name}}"
    spaceId          = "{{rule.spaceId}}"
    alertId          = "{{alert.id}}"
    alertUuid        = "{{alert.uuid}}"
    firedTime        = "{{date}}"
    url              = "{{rule.url}}"
    description      = "{{context.reason}}{{context.message}}"
    matchedDocuments = "{{context.matchingDocuments}}"
    hits             = "{{context.hits.asJSON}}"
  }
  recovers = {
    source       = "kibana"
    status       = "recovered"
    ruleId       = "{{rule.id}}"
    alertName    = "{{rule.name}}"
    alertId      = "{{alert.id}}"
    alertUuid    = "{{alert.uuid}}"
    resolvedTime = "{{date}}"
    url          = "{{rule.url}}"
  }
}

resource "elasticstack_kibana_action_connector" "devin_bridge" {
  name              = "devin-bridge"
  connector_type_id = ".webhook"

  config = jsonencode({
    method   = "post"
    url      = "${var.bridge_url}/hooks/kibana"
    headers  = { "Content-Type" = "application/json" }
    hasAuth  = true
    authType = "webhook-authentication-basic"
  })

  secrets = jsonencode({
    user     = "kibana"
    password = var.webhook_secret
  })
}

# An example: five errors within five minutes. The actions fit any rule; only the name of the first one's group differs.
resource "elasticstack_kibana_alerting_rule" "errors" {
  name         = "errors-in-the-logs"
  rule_type_id = ".es-query"
  consumer     = "alerts"
  interval     = "1m"
  enabled      = true

  params = jsonencode({
    searchType                 = "esQuery"
    index                      = var.index
    timeField                  = "@timestamp"
    esQuery                    = trimspace(var.query)
    aggType                    = "count"
    groupBy                    = "all"
    size                       = 10
    threshold                  = [5]
    thresholdComparator        = ">="
    timeWindowSize             = 5
    timeWindowUnit             = "m"
    excludeHitsFromPreviousRun = true
  })

  actions {
    id     = elasticstack_kibana_action_connector.devin_bridge.connector_id
    group  = "query matched"
    params = jsonencode({ body = jsonencode(local.fires) })

    frequency {
      summary     = false
      notify_when = "onActionGroupChange"
    }
  }

  actions {
    id     = elasticstack_kibana_action_connector.devin_bridge.connector_id
    group  = "recovered"
    params = jsonencode({ body = jsonencode(local.recovers) })

    frequency {
      summary     = false
      notify_when = "onActionGroupChange"
    }
  }
}
