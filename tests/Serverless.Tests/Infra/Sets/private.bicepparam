using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = 'https://contact.example.com'
param channels = { Generic: { enabled: true } }
param privateNetworking = true
param malwareScanning = true
param lock = true
