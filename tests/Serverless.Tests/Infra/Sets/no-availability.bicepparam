using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = ''
param channels = { Generic: { enabled: true } }
param availability = false
param alertEmails = ['a@example.com', 'b@example.com']
