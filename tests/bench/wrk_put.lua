-- wrk as a client that PUTs results: each request another id ("create"), or one of a thousand again with another score
-- ("replace"). The mode and a prefix come as arguments behind the address.
local mode, prefix, number = "create", "w", 0

init = function(args)
  mode, prefix = args[1], args[2]
end

request = function()
  number = number + 1
  local id = prefix .. (mode == "create" and number or number % 1000)
  local body = string.format(
    '{"result":{"sourcedId":"%s","lineItem":{"sourcedId":"li1"},"student":{"sourcedId":"u1"},"scoreStatus":"fully graded","score":%d,"scoreDate":"2026-09-14"}}',
    id, number)
  return wrk.format("PUT", wrk.path .. "/" .. id, nil, body)
end

-- the same summary as for reads
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "wrk.lua")
