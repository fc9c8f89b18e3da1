using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = 'https://contact.example.com'
param channels = { Acs: { enabled: true, settings: { AnswersCalls: 'true' } } }
param communication = true
param communicationEvents = true
param communicationQueue = true
