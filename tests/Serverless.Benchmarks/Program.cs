using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Serverless.Benchmarks;

// dotnet run -c Release --project tests/Serverless.Benchmarks -- growth [word]
if (args is ["growth", ..]) return Growth.Run(args.Length > 1 ? args[1] : null);

// In process: this version of the library does not know .NET 10 as a runtime of its own, and the figures are ratios within one run anyway.
var config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance).WithIterationCount(10))
    .AddDiagnoser(MemoryDiagnoser.Default)
    .HideColumns(Column.Error, Column.StdDev, Column.Gen0, Column.Gen1);
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args, config);
return 0;
