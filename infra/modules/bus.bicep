// Service Bus: the topic that events are published to, and one subscription for each system that receives them. The app itself only sends.

import { sqlFilter, subscriber } from '../types.bicep'

@description('Region.')
param location string
@description('Tags.')
param tags { *: string }
@description('Namespace.')
param name string
@description('Premium for private endpoints or messages over 256 KB only.')
@allowed(['Standard', 'Premium'])
param skuName string
@description('Closes the namespace to the public network; needs Premium.')
param privateNetworking bool
@description('Topic.')
param topicName string
@description('How long a message id is remembered, ISO 8601; cannot be changed later.')
param duplicateDetectionWindow string
@description('Most that the topic holds, in MB.')
param topicMegabytes int
@description('Systems that receive events.')
param subscribers subscriber[]
@description('Log Analytics workspace for the diagnostic settings.')
param workspaceName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = { name: workspaceName }

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: skuName == 'Premium' ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = {
  parent: namespace
  name: topicName
  properties: {
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: duplicateDetectionWindow
    maxSizeInMegabytes: topicMegabytes
  }
}

// A subscriber that is away must not fill the topic, because a full topic refuses every sender: what it did not fetch for a week is dropped.
resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [for s in subscribers: {
  parent: topic
  name: s.name
  properties: {
    defaultMessageTimeToLive: 'P7D'
    deadLetteringOnMessageExpiration: false
    deadLetteringOnFilterEvaluationExceptions: true
    lockDuration: 'PT1M'
    maxDeliveryCount: 10
  }
}]

// $Default takes the place of the rule that matches everything; under another name it would stand beside it, and everything would match.
resource rule 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2026-01-01' = [for (s, i) in subscribers: {
  parent: subscription[i]
  name: '$Default'
  properties: { filterType: 'SqlFilter', sqlFilter: { sqlExpression: sqlFilter(s) } }
}]

#disable-next-line use-recent-api-versions // the only newer one that is stable is of 2016 and knows no categories of ours
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: { workspaceId: workspace.id, logs: [{ category: 'OperationalLogs', enabled: true }] }
}
