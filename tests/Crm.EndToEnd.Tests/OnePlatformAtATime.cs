// A platform is a dozen processes: two at once would only measure how slow the machine is.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
