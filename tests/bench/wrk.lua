-- wrk's summary as one line of JSON, in the shape of Measured (load.ts): wrk itself prints no p95.
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requestsPerSecond":%.3f,"p50Ms":%.3f,"p95Ms":%.3f,"p99Ms":%.3f,"failureCount":%d}\n',
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
