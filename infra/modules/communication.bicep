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
@description('Queue of the storage account that takes the events instead of the door, or empty: no app registration is needed then, and a call is answered some seconds later.')
param queue string

@description('What the channel reads.')
var eventTypes = [
  'Microsoft.Communication.SMSReceived'
  'Microsoft.Communication.SMSDeliveryReportReceived'
  'Microsoft.Communication.IncomingCall'
  'Microsoft.Communication.RecordingFileStatusUpdated'
  'Microsoft.Communication.AdvancedMessageReceived'
  'Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated'
]

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
  resource blobs 'blobServices' existing = {
    name: 'default'
    resource dead 'containers' existing = { name: deadLetterContainer }
  }
  resource queueService 'queueServices' existing = {
    name: 'default'
    resource events 'queues' existing = { name: empty(queue) ? 'none' : queue }
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
    filter: { includedEventTypes: eventTypes }
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

// Storage Queue Data Message Sender on one queue: nobody but Event Grid and the app may write there, which is the proof of what lies in it.
resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(queue)) {
  scope: storage::queueService::events
  name: guid(storage::queueService::events.id, systemTopic.id, 'send')
  properties: { principalId: systemTopic.identity.principalId, principalType: 'ServicePrincipal', roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a') }
}

resource queueSubscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (!empty(queue)) {
  parent: systemTopic
  name: 'to-queue'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: { includedEventTypes: eventTypes }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deliveryWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      destination: { endpointType: 'StorageQueue', properties: { resourceId: storage.id, queueName: queue, queueMessageTimeToLiveInSeconds: 604800 } }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: { endpointType: 'StorageBlob', properties: { resourceId: storage.id, blobContainerName: deadLetterContainer } }
    }
  }
  dependsOn: [write, send]
}
