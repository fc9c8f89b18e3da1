using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = ''
param channels = { Generic: { enabled: true } }
param bus = 'none'
param privateNetworking = true
param alertEmails = ['a@example.com']
