// The bus: topics and subscriptions of messaging.json. A subscription of a route that is off is not deployed.

import { topicMap } from '../types.bicep'

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
@description('Topics of messaging.json.')
param topics topicMap
@description('Routes that are on; the subscription of route x is called notify-x.')
param routes string[]
@description('Log Analytics workspace for the diagnostic settings.')
param workspaceId string

@description('Names of the subscriptions to deploy.')
var wanted = map(routes, r => 'notify-${r}')
@description('Subscriptions with their topic.')
var subscriptions = flatten(map(items(topics), t => map(filter(items(t.value.subscriptions), s => contains(wanted, s.key)), s => { topic: t.key, name: s.key, plan: s.value })))

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

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [for t in items(topics): {
  parent: namespace
  name: t.key
  properties: {
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: t.value.duplicateDetectionWindow
    maxSizeInMegabytes: 5120
  }
}]

module subscription 'subscription.bicep' = [for s in subscriptions: {
  params: { namespaceName: name, topicName: s.topic, name: s.name, plan: s.plan }
  dependsOn: [topic]
}]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'OperationalLogs', enabled: true }] }
}
