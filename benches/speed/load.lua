-- What wrk sends: the paths of a file, one after the other, with the headers that a browser sends.
-- Arguments: the file; a label. With a label each request gets an order number of its own (tid=label-n).
local heads, tail, label = {}, "", nil
local sent = 0

function init(args)
  label = args[2]
  for path in io.lines(args[1]) do
    heads[#heads + 1] = "GET " .. path .. (label and ("&tid=" .. label .. "-") or "")
  end
  tail = " HTTP/1.1\r\n"
    .. "Host: " .. wrk.headers["Host"] .. "\r\n"
    .. "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n"
    .. "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    .. "Accept-Encoding: gzip, deflate, br\r\n"
    .. "Accept-Language: en-GB,en;q=0.9\r\n"
    .. "Referer: https://cashback.example/stores/books\r\n\r\n"
end

function request()
  sent = sent + 1
  return heads[(sent - 1) % #heads + 1] .. (label and sent or "") .. tail
end

function done(summary, latency)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format("RESULT %d %d %d %d %d",
    summary.requests, summary.duration, broken, summary.errors.status, latency:percentile(99)))
end
