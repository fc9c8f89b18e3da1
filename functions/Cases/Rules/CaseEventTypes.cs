namespace Serverless.Cases.Rules;

/// <summary>CloudEvents types of the events that rules decide; the catalogue describes each.</summary>
public static class CaseEventTypes
{
    public const string Opened = "serverless.case.opened.v1";
    public const string Reopened = "serverless.case.reopened.v1";
    public const string Closed = "serverless.case.closed.v1";
    public const string Accepted = "serverless.case.accepted.v1";
    public const string HandOverOffered = "serverless.case.hand-over-offered.v1";
    public const string HandedOver = "serverless.case.handed-over.v1";
    public const string Erased = "serverless.case.erased.v1";
    public const string Overdue = "serverless.case.overdue.v1";
    public const string Classified = "serverless.case.classified.v1";
    public const string ConfidentialInPublic = "serverless.case.confidential-in-public.v1";
    public const string OwnerGap = "serverless.case.owner-gap.v1";
    public const string ContactReceived = "serverless.contact.received.v1";
    public const string ContactSent = "serverless.contact.sent.v1";
    public const string ContactChanged = "serverless.contact.changed.v1";
    public const string Unaccepted = "serverless.case.unaccepted.v1";
    public const string PromiseMade = "serverless.promise.made.v1";
    public const string PromiseDueSoon = "serverless.promise.due-soon.v1";
    public const string PromiseBroken = "serverless.promise.broken.v1";
    public const string PromiseKept = "serverless.promise.kept.v1";
    public const string PromiseWithdrawn = "serverless.promise.withdrawn.v1";
    public const string ReplyFailed = "serverless.reply.failed.v1";
}
