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
@sealed()
@description('Every channel of the app, on or off.')
type channelSet = {
  @description('SMS, WhatsApp and calls through Azure Communication Services.')
  Acs: channel
  @description('Posts in Discourse forums.')
  Discourse: channel
  @description('Mail in mailboxes of Microsoft 365.')
  Email: channel
  @description('The documented, signed door for shops, devices and own programs.')
  Generic: channel
  @description('Messenger, Instagram, WhatsApp, page comments.')
  Meta: channel
  @description('Calls through Placetel.')
  Placetel: channel
  @description('Calls and SMS through sipgate.')
  Sipgate: channel
  @description('Telegram bots: private chats, groups, business chats.')
  Telegram: channel
  @description('Calls and messages through Twilio.')
  Twilio: channel
  @description('Calls and messages through Vonage.')
  Vonage: channel
  @description('Public posts and direct messages on X.')
  X: channel
}

@export()
@description('Texts by name.')
type strings = {
  @description('One text.')
  *: string
}

@export()
@description('Channels by name, as modules loop over them.')
type channelMap = {
  @description('One channel.')
  *: channel
}

@export()
@sealed()
@description('One subscriber of the webhook route. Its secrets lie in Key Vault.')
type subscriber = {
  @description('https address to post to.')
  url: string
  @description('Event types it wants, separated by commas; * at the end stands for any ending.')
  events: string?
  @description('Personal fields it needs, separated by commas: text, parties, attachments, reply, entry. Default: none.')
  include: string?
}

@export()
@description('Subscribers by a name of letters and digits.')
type subscriberMap = {
  @description('One subscriber.')
  *: subscriber
}

@export()
@sealed()
@description('A person or team that is told by card or mail. What is left out has the default of functions/Notices/README.md.')
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
  @description('Needs, separated by commas; * for all.')
  needs: string?
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
@description('Names of settings that settings.json lists for one channel.')
type channelNames = {
  @description('Whether the channel answers calls, where a cold start costs a call.')
  voice: bool
  @description('Standing secrets: each has a Key Vault reference while the channel is on.')
  secrets: string[]
  @description('Settings that are no secrets.')
  settings: string[]
}

@export()
@description('The part of settings.json that templates read.')
type settingNames = {
  @description('By channel.')
  channels: channelNamesMap
  @description('Settings of the app beside the channels.')
  settings: string[]
  @description('Secrets of the app beside the channels: each has a Key Vault reference always.')
  secrets: string[]
}

@export()
@description('Names of settings by channel.')
type channelNamesMap = {
  @description('Names of one channel.')
  *: channelNames
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
}

@export()
@description('Topics, as messaging.json lists them.')
type topicMap = {
  @description('One topic.')
  *: topicPlan
}

@export()
@description('One topic.')
type topicPlan = {
  @description('How long a message id is remembered, ISO 8601; cannot be changed later.')
  duplicateDetectionWindow: string
  @description('Subscriptions by name.')
  subscriptions: subscriptionMap
}

@export()
@description('Subscriptions by name.')
type subscriptionMap = {
  @description('One subscription.')
  *: subscriptionPlan
}

@export()
@description('One subscription of a topic.')
type subscriptionPlan = {
  @description('How long a receiver holds a message, ISO 8601, at most PT5M.')
  lockDuration: string
  @description('Deliveries before a message is dead-lettered.')
  maxDeliveryCount: int
  @description('Whether a message that expires is dead-lettered.')
  deadLetteringOnMessageExpiration: bool
  @description('Filters by name; one that matches is enough. The one named everyone replaces the match-all rule of a new subscription.')
  filters: filterMap
}

@export()
@description('Filters by name.')
type filterMap = {
  @description('One filter.')
  *: filterPlan
}

@export()
@description('A correlation filter.')
type filterPlan = {
  @description('Application properties that must be equal.')
  properties: strings
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
