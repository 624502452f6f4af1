-- What wrk sends: a withdrawal of one kopeck for the shopper of each line (token, card), each with a key of its own.
-- Arguments: the file; a label.
local shoppers, label = {}, "run"
local sent = 0

function init(args)
  label = args[2] or label
  for line in io.lines(args[1]) do
    local token, card = line:match("(%S+) (%S+)")
    shoppers[#shoppers + 1] = { token, '{"method":"' .. card .. '","amount":{"amount":"0.01","currency":"RUB"}}' }
  end
end

function request()
  sent = sent + 1
  local one = shoppers[(sent - 1) % #shoppers + 1]
  return wrk.format("POST", "/api/v1/payouts", {
    ["Authorization"] = "Bearer " .. one[1],
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = label .. "-" .. sent,
  }, one[2])
end

function done(summary, latency)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format("RESULT %d %d %d %d %d",
    summary.requests, summary.duration, broken, summary.errors.status, latency:percentile(99)))
end
