using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = ''
param channels = {}
param routes = []
