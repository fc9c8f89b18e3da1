using Serverless.Local.Hosting;

return args is ["host", .. var rest] ? await HostCommand.RunAsync(rest) : 0;
