// Azure Communication Services and the system topic of its events. What is done with the events: acs-events.bicep.

@description('Tags.')
param tags { *: string }
@description('Communication Services.')
param name string
@description('Where its data lie at rest, for example Germany; cannot be changed later.')
param dataLocation string
@description('System topic.')
param systemTopicName string

resource communication 'Microsoft.Communication/communicationServices@2026-03-18' = {
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
