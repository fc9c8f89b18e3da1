using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = 'https://contact.example.com'
param channels = { Acs: { enabled: true, settings: { AnswersCalls: 'true' } } }
param communication = true
param communicationEvents = true
param communicationEntraAppId = '00000000-0000-0000-0000-0000000000ac'
