// Every role assignment of the deployment, each with the call that needs it.

@description('Storage account.')
param storageName string
@description('Service Bus namespace.')
param busName string
@description('Topics of the namespace.')
param topicNames string[]
@description('Key Vault.')
param vaultName string
@description('Application Insights.')
param insightsName string
@description('Object id of the app identity.')
param appPrincipalId string
@description('Object id of the person or group that places secrets, restores tables and sends dead letters back, or empty.')
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
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  serviceBusDataOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

// Blobs: Owner, because the host keeps its leases, keys and the package there and Microsoft asks for Owner; our own puts and gets need Contributor only.
// Queues: Contributor, because the trigger takes, hides and deletes messages and makes the poison queue; our own puts need Message Sender only.
// Tables: Contributor, because rows are read and written and the app makes and drops the table of a month.
@description('What the app may do in the storage account.')
var appStorage = [role.storageBlobDataOwner, role.storageQueueDataContributor, role.storageTableDataContributor]
@description('What the operator may do in the storage account: restore tables from exports.')
var operatorStorage = [role.storageBlobDataContributor, role.storageTableDataContributor]
@description('What the nightly export may do: read tables, write blobs.')
var exporterStorage = [role.storageBlobDataContributor, role.storageTableDataReader]

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = { name: storageName }
resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: vaultName }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }
resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = { name: busName }
resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = [for t in topicNames: {
  parent: bus
  name: t
}]

resource appOnStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for id in appStorage: {
  scope: storage
  name: guid(storage.id, 'app', id)
  properties: { principalId: appPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id) }
}]

// Owner of the topic and its subscriptions, not of the namespace: it publishes and receives, and without Manage the extension cannot read the backlog and scales by guessing.
resource appOnTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (t, i) in topicNames: {
  scope: topic[i]
  name: guid(topic[i].id, 'app', role.serviceBusDataOwner)
  properties: { principalId: appPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataOwner) }
}]

// Reads the secrets that app settings refer to; it can list or write none.
resource appOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, 'app', role.keyVaultSecretsUser)
  properties: { principalId: appPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.keyVaultSecretsUser) }
}

// Sends telemetry; local authentication is off.
resource appOnInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, 'app', role.monitoringMetricsPublisher)
  properties: { principalId: appPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.monitoringMetricsPublisher) }
}

resource operatorOnStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for id in operatorStorage: if (!empty(operatorPrincipalId)) {
  scope: storage
  name: guid(storage.id, operatorPrincipalId, id)
  properties: { principalId: operatorPrincipalId, principalType: operatorPrincipalType, roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id) }
}]

resource operatorOnTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (t, i) in topicNames: if (!empty(operatorPrincipalId)) {
  scope: topic[i]
  name: guid(topic[i].id, operatorPrincipalId, role.serviceBusDataOwner)
  properties: { principalId: operatorPrincipalId, principalType: operatorPrincipalType, roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataOwner) }
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
