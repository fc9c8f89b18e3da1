// Shapes of parameters that several templates share.

@export()
@sealed()
@description('How one channel is deployed. A channel that is off leaves no setting behind.')
type channel = {
  @description('Switches the channel on.')
  enabled: bool
  @description('What happens to calls that fail the check. Auto keeps them in quarantine until the source has verified once, then refuses them.')
  mode: ('Auto' | 'Enforce' | 'Observe' | 'Quarantine')?
  @description('Verify, store and answer, work later.')
  paused: bool?
  @description('Settings of this channel that are no secrets, by the name below Channels__X__, for example ToleranceMinutes or Numbers__493023125100__Hours. Names: README.md of functions/Channels and of the channel.')
  settings: strings?
  @description('Secrets below named entries that need a Key Vault reference, for example Senders__shop__Secret. The standing secrets of a channel need no entry here.')
  furtherSecrets: string[]?
}

@export()
@description('Texts by name.')
type strings = {
  @description('One text.')
  *: string
}

@export()
@description('Channels that are deployed, by the name that channels.json gives them.')
type channelMap = {
  @description('One channel.')
  *: channel
}

@export()
@sealed()
@description('One subscriber of the webhook route. Its secrets lie in Key Vault.')
type webhookSubscriber = {
  @description('https address to post to.')
  url: string
  @description('Event types it wants, separated by commas; * at the end stands for any ending.')
  events: string?
  @description('Personal fields it needs, separated by commas: text, parties, attachments, reply, entry. Default: none.')
  include: string?
}

@export()
@description('Subscribers by a name of letters and digits.')
type webhookSubscriberMap = {
  @description('One subscriber.')
  *: webhookSubscriber
}

@export()
@sealed()
@description('A person or team that is told by card or mail. What is left out has the default of functions/Notifications/README.md.')
type recipient = {
  @description('Mail address; needs the route mail.')
  email: string?
  @description('Told by Teams; needs the route teams. The address of the workflow lies in Key Vault as Recipients--Entries--<name>--TeamsUrl, because it holds a secret.')
  teams: bool?
  @description('Owners whose cases they are told of, separated by commas; * for all.')
  owners: string?
  @description('Event types, separated by commas; * at the end stands for any ending.')
  events: string?
  @description('Channels, separated by commas; * for all.')
  channels: string?
  @description('Why customers came, separated by commas; * for all.')
  needs: string?
  @description('What we do next, separated by commas; * for all.')
  owes: string?
  @description('Language of cards and mails.')
  language: ('de' | 'en')?
  @description('When they may be told, for example Mo-Fr 08:00-17:00.')
  hours: string?
  @description('IANA name of the time zone of the hours.')
  timeZone: string?
  @description('Event types that wait for neither hours nor digest.')
  urgent: string?
  @description('So many notices are told together; 0 tells each on its own.')
  @minValue(0)
  @maxValue(100)
  digestCount: int?
  @description('Minutes after which what was collected is told.')
  @minValue(5)
  @maxValue(1440)
  digestMinutes: int?
  @description('Overdue cases are told from this step on.')
  @minValue(1)
  @maxValue(11)
  escalation: int?
  @description('text shows the words of customers; nothing personal unless set.')
  include: string?
}

@export()
@description('Recipients by a name of letters, digits, - and _, best that of the owner.')
type recipientMap = {
  @description('One recipient.')
  *: recipient
}

@export()
@description('One channel, as channels.json lists it.')
type channelPlan = {
  @description('Whether the channel answers calls, where a cold start costs a call.')
  answersCalls: bool
  @description('Settings that are no secrets, by the name below Channels__X__.')
  settings: string[]
  @description('Standing secrets: each has a Key Vault reference while the channel is on.')
  secrets: string[]
  @description('Settings that the template sets from the identity of the app.')
  fromIdentity: string[]?
  @description('Settings whose names look like secrets and which are public, each with its reason.')
  public: strings?
  @description('Settings that no deployment needs, each with its reason.')
  notDeployed: strings?
  @description('What teardown.mjs leaves to a person.')
  byHand: string?
}

@export()
@description('Channels by name, as channels.json lists them.')
type channelPlans = {
  @description('One channel.')
  *: channelPlan
}

@export()
@description('Storage queues, as messaging.json lists them.')
type queueMap = {
  @description('One queue.')
  *: queuePlan
}

@export()
@description('One storage queue.')
type queuePlan = {
  @description('Where the host puts a message after its last try.')
  poison: string
  @description('Who puts messages in, where it is not the app.')
  filledBy: string?
  @description('Who empties the poison queue, where no function does.')
  drainedBy: string?
}

@export()
@sealed()
@description('A system that receives events: one subscription of the topic, with one filter and the right to receive from it.')
type subscriber = {
  @description('Name of the subscription: lower-case letters, digits and -.')
  @minLength(1)
  @maxLength(50)
  name: string
  @description('Event types it wants; * at the end stands for any ending. Left out: every type.')
  types: string[]?
  @description('Application properties that must be equal: type, channel, network, need, owes, urgency, language, owner, state, kind, place, direction, change.')
  properties: strings?
  @description('Object id of the identity that receives.')
  @minLength(36)
  @maxLength(36)
  principalId: string
  @description('Its type; ServicePrincipal unless set.')
  principalType: ('Group' | 'ServicePrincipal' | 'User')?
}

@export()
@description('Blob containers, as storage.json lists them.')
type containerMap = {
  @description('One container.')
  *: containerPlan
}

@export()
@description('One blob container.')
type containerPlan = {
  @description('Which retention its blobs have: forever, deliveries or exports.')
  retention: string
}

@export()
@sealed()
@description('Days after which something is deleted.')
type retentionDays = {
  @description('Raw deliveries, so many days at most: blobs by a lifecycle rule, tables by the app, which drops a whole month early enough (Retention__DeliveryMonths follows from this).')
  @minValue(62)
  @maxValue(3650)
  deliveries: int
  @description('Nightly exports.')
  @minValue(7)
  @maxValue(3650)
  exports: int
  @description('Logs and telemetry in the workspace.')
  @minValue(30)
  @maxValue(730)
  logs: int
}

@export()
@sealed()
@description('Names of the resources, made from parameters only: what-if skips a module whose names come from a running resource.')
type resourceNames = {
  @description('Function app.')
  app: string
  @description('Flex Consumption plan.')
  plan: string
  @description('Storage account.')
  storage: string
  @description('Service Bus namespace.')
  bus: string
  @description('Key Vault.')
  vault: string
  @description('Identity of the app.')
  identity: string
  @description('Log Analytics workspace.')
  workspace: string
  @description('Application Insights.')
  insights: string
  @description('Action group of the alerts.')
  actionGroup: string
  @description('Virtual network, with private networking only.')
  network: string
  @description('Communication Services, if wanted.')
  communication: string
  @description('Event Grid system topic of Communication Services.')
  systemTopic: string
}

@description('A text as SQL writes it: in quotes, its own quotes doubled.')
func quoted(text string) string => '\'${replace(text, '\'', '\'\'')}\''

@description('The beginning of a LIKE pattern: what SQL would read as a wildcard stands for itself.')
func escaped(text string) string => replace(replace(replace(text, '\\', '\\\\'), '%', '\\%'), '_', '\\_')

@description('The condition of one event type.')
func ofType(type string) string => endsWith(type, '*') ? 'type LIKE ${quoted('${escaped(take(type, max(0, length(type) - 1)))}%')} ESCAPE \'\\\'' : 'type = ${quoted(type)}'

@description('The condition of several types: one of them.')
func ofTypes(types string[]) string[] => empty(types) ? [] : ['(${join(map(types, t => ofType(t)), ' OR ')})']

@description('The conditions of properties: all of them.')
func ofProperties(properties strings) string[] => map(items(properties), p => '${p.key} = ${quoted(p.value)}')

@description('All of the conditions; without any, every event.')
func allOf(conditions string[]) string => empty(conditions) ? '1 = 1' : join(conditions, ' AND ')

@export()
@description('The SQL filter of a subscriber: one of its types and all of its properties. https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter')
func sqlFilter(wants subscriber) string => allOf(concat(ofTypes(wants.?types ?? []), ofProperties(wants.?properties ?? {})))
