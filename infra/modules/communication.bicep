// Azure Communication Services, and its events to the app's own door: every delivery, whoever sends it, is proven, stored and worked by Receive.

@description('Tags.')
param tags { *: string }
@description('Communication Services.')
param name string
@description('Where its data lie at rest, for example Germany; cannot be changed later.')
param dataLocation string
@description('System topic.')
param systemTopicName string
@description('Storage account for events that the app did not take.')
param storageName string
@description('Container for them.')
param deadLetterContainer string
@description('Address of the door, or empty until the code is deployed: Event Grid asks it before it sends.')
param endpoint string
@description('Client id of the app registration that Event Grid asks a token for.')
param entraAppId string

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
  resource blobs 'blobServices' existing = {
    name: 'default'
    resource dead 'containers' existing = { name: deadLetterContainer }
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: name
  location: 'global'
  tags: tags
  // Its keys stay: the channel sends messages and fetches recordings with the access key, which lies in Key Vault.
  properties: { dataLocation: dataLocation, disableLocalAuth: false }
}

resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: systemTopicName
  location: 'global' // must match its source: Communication Services is global
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: { source: communication.id, topicType: 'Microsoft.Communication.CommunicationServices' }
}

// Storage Blob Data Contributor on one container: Event Grid writes there what the app did not take.
resource write 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage::blobs::dead
  name: guid(storage::blobs::dead.id, systemTopic.id, 'write')
  properties: { principalId: systemTopic.identity.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe') }
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (!empty(endpoint)) {
  parent: systemTopic
  name: 'to-app'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'Microsoft.Communication.SMSReceived'
        'Microsoft.Communication.SMSDeliveryReportReceived'
        'Microsoft.Communication.IncomingCall'
        'Microsoft.Communication.RecordingFileStatusUpdated'
        'Microsoft.Communication.AdvancedMessageReceived'
        'Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated'
      ]
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: endpoint
        azureActiveDirectoryTenantId: subscription().tenantId
        azureActiveDirectoryApplicationIdOrUri: entraAppId
        maxEventsPerBatch: 10
        preferredBatchSizeInKilobytes: 256
        minimumTlsVersionAllowed: '1.2'
      }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: { endpointType: 'StorageBlob', properties: { resourceId: storage.id, blobContainerName: deadLetterContainer } }
    }
  }
  dependsOn: [write]
}
