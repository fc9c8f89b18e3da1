// Every role assignment of the deployment, each with the call that needs it.

import { subscriber } from '../types.bicep'

@description('Storage account.')
param storageName string
@description('Service Bus namespace.')
param busName string
@description('Whether there is one.')
param withBus bool
@description('Topic that events are published to.')
param topicName string
@description('Key Vault.')
param vaultName string
@description('Application Insights.')
param insightsName string
@description('Identity of the app.')
param identityName string
@description('Systems that receive events.')
param subscribers subscriber[]
@description('System topic of Communication Services.')
param systemTopicName string
@description('Whether there is one.')
param communication bool
@description('Container into which it puts what was not delivered.')
param undeliveredContainer string
@description('Queue into which it puts events.')
param eventQueue string
@description('Whether it puts them there.')
param communicationQueue bool
@description('Object id of the person or group that places secrets and restores tables, or empty.')
param operatorPrincipalId string
@description('Its type.')
@allowed(['Group', 'ServicePrincipal', 'User'])
param operatorPrincipalType string
@description('Object id of the identity that exports the tables every night, or empty.')
param exporterPrincipalId string

@description('Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles')
var role = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

// Blobs: Owner, because the host keeps its leases, keys and the package there and Microsoft asks for Owner; our own puts and gets need Contributor only.
// Queues: Contributor, because the trigger takes, hides and deletes messages and makes the poison queue, and Tick empties poison queues; our own puts need Message Sender only.
// Tables: Contributor, because rows are read and written and the app makes and drops the table of a month.
@description('What the app may do in the storage account.')
var appStorage = [role.storageBlobDataOwner, role.storageQueueDataContributor, role.storageTableDataContributor]
@description('What the operator may do in the storage account: restore tables from exports.')
var operatorStorage = [role.storageBlobDataContributor, role.storageTableDataContributor]
@description('What the nightly export may do: read tables, write blobs.')
var exporterStorage = [role.storageBlobDataContributor, role.storageTableDataReader]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = { name: identityName }
resource storage 'Microsoft.Storage/storageAccounts@2026-09-01' existing = {
  name: storageName
  resource blobs 'blobServices' existing = {
    name: 'default'
    resource undelivered 'containers' existing = { name: undeliveredContainer }
  }
  resource queues 'queueServices' existing = {
    name: 'default'
    resource events 'queues' existing = { name: eventQueue }
  }
}
resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = { name: vaultName }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }
resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = { name: busName }
resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = {
  parent: bus
  name: topicName
}
resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' existing = [for s in subscribers: {
  parent: topic
  name: s.name
}]
resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = { name: systemTopicName }

resource appOnStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for id in appStorage: {
  scope: storage
  name: guid(storage.id, 'app', id)
  properties: { principalId: identity.properties.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id) }
}]

// The app only publishes: subscriptions belong to those who receive.
resource appOnTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (withBus) {
  scope: topic
  name: guid(topic.id, 'app', role.serviceBusDataSender)
  properties: { principalId: identity.properties.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataSender) }
}

resource subscriberOnSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (s, i) in subscribers: {
  scope: subscription[i]
  name: guid(subscription[i].id, s.principalId, role.serviceBusDataReceiver)
  properties: { principalId: s.principalId, principalType: s.?principalType ?? 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataReceiver) }
}]

// Reads the secrets that app settings refer to; it can list or write none.
resource appOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, 'app', role.keyVaultSecretsUser)
  properties: { principalId: identity.properties.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.keyVaultSecretsUser) }
}

// Sends telemetry; local authentication is off.
resource appOnInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, 'app', role.monitoringMetricsPublisher)
  properties: { principalId: identity.properties.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.monitoringMetricsPublisher) }
}

// Event Grid writes there what was not delivered.
resource eventGridOnContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (communication) {
  scope: storage::blobs::undelivered
  name: guid(storage::blobs::undelivered.id, systemTopic.id, role.storageBlobDataContributor)
  properties: { principalId: systemTopic.identity.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.storageBlobDataContributor) }
}

// On one queue: nobody but Event Grid and the app may write there, which is the proof of what lies in it.
resource eventGridOnQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (communication && communicationQueue) {
  scope: storage::queues::events
  name: guid(storage::queues::events.id, systemTopic.id, role.storageQueueDataMessageSender)
  properties: { principalId: systemTopic.identity.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.storageQueueDataMessageSender) }
}

resource operatorOnStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for id in operatorStorage: if (!empty(operatorPrincipalId)) {
  scope: storage
  name: guid(storage.id, operatorPrincipalId, id)
  properties: { principalId: operatorPrincipalId, principalType: operatorPrincipalType, roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id) }
}]

resource operatorOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorPrincipalId)) {
  scope: vault
  name: guid(vault.id, operatorPrincipalId, role.keyVaultSecretsOfficer)
  properties: { principalId: operatorPrincipalId, principalType: operatorPrincipalType, roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.keyVaultSecretsOfficer) }
}

resource exporterOnStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for id in exporterStorage: if (!empty(exporterPrincipalId)) {
  scope: storage
  name: guid(storage.id, exporterPrincipalId, 'export', id)
  properties: { principalId: exporterPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id) }
}]
