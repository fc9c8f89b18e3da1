// One subscription with its filters.

import { subscriptionPlan } from '../types.bicep'

@description('Service Bus namespace.')
param namespaceName string
@description('Topic.')
param topicName string
@description('Subscription.')
param name string
@description('Its part of messaging.json.')
param plan subscriptionPlan

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName
  resource topic 'topics' existing = { name: topicName }
}

resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = {
  parent: namespace::topic
  name: name
  properties: {
    lockDuration: plan.lockDuration
    maxDeliveryCount: plan.maxDeliveryCount
    deadLetteringOnMessageExpiration: plan.deadLetteringOnMessageExpiration
    deadLetteringOnFilterEvaluationExceptions: true
  }
}

// A new subscription has a rule $Default that matches everything: the filter that everybody has takes its place, the others stand beside it.
resource rule 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2026-01-01' = [for f in items(plan.filters): {
  parent: subscription
  name: f.key == 'everyone' ? '$Default' : f.key
  properties: {
    filterType: 'CorrelationFilter'
    correlationFilter: { properties: f.value.properties }
  }
}]
