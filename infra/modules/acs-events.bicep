// Events of Communication Services: to the app's webhook, as every other provider's, or into a queue of its storage.

@description('System topic of Communication Services.')
param systemTopicName string
@description('Storage account.')
param storageName string
@description('Container for events that were not delivered.')
param undeliveredContainer string
@description('Address of the webhook, or empty for the queue. The code must be there: Event Grid asks the address before it sends.')
param endpoint string
@description('Client id of the app registration that Event Grid asks a token for.')
param entraAppId string
@description('Queue that takes the events instead of the webhook: no app registration, but a call is answered some seconds later.')
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
@description('The destination with a token of Entra: https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery')
var toWebhook = {
  endpointType: 'WebHook'
  properties: {
    endpointUrl: endpoint
    azureActiveDirectoryTenantId: tenant().tenantId
    azureActiveDirectoryApplicationIdOrUri: entraAppId
    maxEventsPerBatch: 10
    preferredBatchSizeInKilobytes: 256
    minimumTlsVersionAllowed: '1.2'
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2026-09-01' existing = { name: storageName }
resource systemTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = { name: systemTopicName }

resource webhookEvents 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (!empty(endpoint)) {
  parent: systemTopic
  name: 'to-app'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: { includedEventTypes: eventTypes }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    destination: toWebhook
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: { endpointType: 'StorageBlob', properties: { resourceId: storage.id, blobContainerName: undeliveredContainer } }
    }
  }
}

resource queueEvents 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (empty(endpoint)) {
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
      deadLetterDestination: { endpointType: 'StorageBlob', properties: { resourceId: storage.id, blobContainerName: undeliveredContainer } }
    }
  }
}
