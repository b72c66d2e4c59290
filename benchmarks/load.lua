-- Sends requests drawn at random from a prepared file and reports as one line of JSON.
-- The file holds whole HTTP requests, each after its length in bytes and a line feed.

local prepared = {}

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local length = file:read("*n")
  while length do
    file:read(1)
    prepared[#prepared + 1] = file:read(length)
    length = file:read("*n")
  end
  file:close()
  math.randomseed(os.time())
end

function request()
  return prepared[math.random(#prepared)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
