using Serverless.Tests.Harness;

namespace Serverless.Tests.Journeys;

/// <content>What its tests have in common.</content>
public sealed partial class When_the_app_is_killed
{
    private Dictionary<string, string?> Settings()
    {
        var settings = TestApp.DefaultSettings(_provider.Address);
        settings["AzureWebJobsStorage"] = _storage.ConnectionString;
        settings["Webhook__Subscribers__crm__Url"] = _subscriber.Address.AbsoluteUri;
        settings["Webhook__Subscribers__crm__Secret"] = "whsec_bm90IGEgc2VjcmV0OiBraWxsIHRlc3RzIG9ubHkuLi4=";
        // What a killed process had claimed is taken over soon.
        settings["Notification__ClaimSeconds"] = "10";
        settings["Notification__RetrySeconds"] = string.Join(',', Enumerable.Repeat("1", 20));
        settings["Receive__RequeueMinutes"] = "0.05";
        settings["Receive__RequeueTries"] = "20";
        settings["Logging__LogLevel__Default"] = "Warning";
        settings["AzureFunctionsJobHost__extensions__queues__visibilityTimeout"] = "00:00:01";
        return settings;
    }
}
