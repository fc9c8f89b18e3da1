using Serverless.Local.CommandLine;

return await Dispatch.RunAsync(args);
