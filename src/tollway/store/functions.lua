--- The server's functions: spend on the hot path, and the publishing of snapshots.
-- Loaded behind spend.lua, which it finds as the local `algorithm` (tollway.store.library).
-- Names end in a version. A new meaning is a new name, in a library of a new name, so processes of
-- two releases can share a server. `redis` exists in Valkey too, but only inside a running function.
-- luacheck: read globals redis cmsgpack algorithm

-- Beside the cell of a metric lies its tally, in the same hash: a key of its own would often not be
-- there, and while a cluster moves a slot that is TRYAGAIN. Ids are UTF-8, which has no such byte.
local TALLY = "\255"

--- Count a refused request in the tallies of the caps that refuse it.
local function tally(key, cells, request)
  for i, entry in ipairs(request[3]) do
    local periods = algorithm.refusing(cells[i], entry, request[2])
    if periods then
      local packed = redis.call("HGET", key, TALLY .. entry[1])
      local kept = packed and cmsgpack.unpack(packed) or algorithm.new_tally()
      algorithm.tally(kept, periods, request[1])
      redis.call("HSET", key, TALLY .. entry[1], cmsgpack.pack(kept))
    end
  end
end

-- PERF: the same few requests come all through a minute. To unpack one takes as long as to decide on
-- it (bench/authority.py), so they are kept. Nothing changes a request.
local KEPT_MAX, KEPT_BYTES_MAX = 1000, 1000
local kept, kept_count = {}, 0

local function unpacked_request(packed)
  local request = kept[packed]
  if not request then
    request = cmsgpack.unpack(packed)
    if #packed <= KEPT_BYTES_MAX then
      if kept_count >= KEPT_MAX then
        kept, kept_count = {}, 0
      end
      kept[packed], kept_count = request, kept_count + 1
    end
  end
  return request
end

--- Decide one request on its cells. Returns whether it was done, and the packed answer.
-- keys: application, cells. args: revision, msgpack {starts, counted, entries}. With `tallies`, what
-- is refused is counted; nothing more is done for what is not.
local function decide(keys, args, tallies)
  local call, pack, unpacked = redis.call, cmsgpack.pack, cmsgpack.unpack
  if call("HGET", keys[1], "revision") ~= args[1] then
    return false, pack({ "stale", {} })
  end
  local request = unpacked_request(args[2])
  local entries, cells = request[3], {}
  for i, entry in ipairs(entries) do
    local packed = call("HGET", keys[2], entry[1])
    cells[i] = packed and unpacked(packed) or algorithm.new_cell()
  end
  local done, before = algorithm.spend(cells, entries, request[1], request[2])
  if not done then
    if tallies then
      tally(keys[2], cells, request)
    end
    return false, pack({ "refused", before })
  end
  for i, entry in ipairs(entries) do
    if algorithm.writes(entry) then
      call("HSET", keys[2], entry[1], pack(cells[i]))
    end
  end
  return true, pack({ "done", before })
end

--- FCALL spend_v1 3 application cells stream  revision request event
-- event: appended to the stream when done; "" for none.
-- Returns msgpack {outcome, readings before}.
local function spend_v1(keys, args)
  local done, answer = decide(keys, args)
  if done and args[3] ~= "" then
    redis.call("XADD", keys[3], "*", "event", args[3])
  end
  return answer
end

-- A stream that nobody reads is kept short: what comes when it is long is added up in a hash beside
-- it, and appended when the hash is big, or the reader asks. Its fields are msgpack {service,
-- application, quarter of an hour, code} -> spends, {.., metric} -> units. It exists as long as the
-- stream does (a field HERE): while a cluster moves a slot, a key that is not there is TRYAGAIN.

local HERE = ""
local QUARTER_S = 900 -- what is merged keeps the row that it belongs to (tollway.core.series)
local FIELDS_MAX = 5000 -- appending all of them takes some milliseconds
local MERGED_AMOUNT_MAX, MERGED_MAX = 2 ^ 32, 2 ^ 52 -- together below what a number holds exactly

--- Append what has been merged: one event for each application, quarter and code.
local function flush(stream, merged)
  local fields, events, of = redis.call("HGETALL", merged), {}, {}
  for i = 1, #fields, 2 do
    if fields[i] ~= HERE then
      local place, units = cmsgpack.unpack(fields[i]), tonumber(fields[i + 1])
      local metric = table.remove(place, 5)
      local name = cmsgpack.pack(place)
      local event = of[name]
      if not event then
        event = { place[1], place[2], place[3], place[4], {}, {}, 0 }
        of[name], events[#events + 1] = event, event
      end
      if metric then
        table.insert(event[5], { metric, units })
      else
        event[7] = units
      end
    end
  end
  if #events > 0 then
    redis.call("DEL", merged)
    redis.call("HSET", merged, HERE, "")
  end
  for _, event in ipairs(events) do
    redis.call("XADD", stream, "*", "event", cmsgpack.pack(event))
  end
  return #events
end

--- Add an event to what is merged.
local function merge(stream, merged, event)
  local place = { event[1], event[2], event[3] - event[3] % QUARTER_S, event[4] }
  redis.call("HINCRBY", merged, cmsgpack.pack(place), 1)
  local most = 0
  for _, added in ipairs(event[5]) do
    place[5] = added[1]
    local amount = string.format("%.0f", added[2])
    most = math.max(most, redis.call("HINCRBY", merged, cmsgpack.pack(place), amount))
  end
  if most > MERGED_MAX or redis.call("HLEN", merged) > FIELDS_MAX then
    flush(stream, merged)
  end
end

--- Whether an event that sets nothing can be merged.
local function merges(event)
  for _, added in ipairs(event[5]) do
    if added[2] > MERGED_AMOUNT_MAX then
      return false
    end
  end
  return true
end

--- FCALL spend_v2 4 application cells stream merged  revision request event sets lines_max
-- Like spend_v1, but merges once the stream has lines_max lines. sets: "1" if the event has any.
-- Callers in this file learn beside the answer whether it was done.
local function spend_v2(keys, args, tallies)
  local done, answer = decide(keys, args, tallies)
  if not done or args[3] == "" then
    return answer, done
  end
  local stream, merged = keys[3], keys[4]
  local length = redis.call("XLEN", stream)
  if length >= tonumber(args[5]) and args[4] ~= "1" then
    local event = cmsgpack.unpack(args[3])
    if merges(event) then
      merge(stream, merged, event)
      return answer, done
    end
  end
  if length == 0 then
    redis.call("HSET", merged, HERE, "")
  end
  if args[4] == "1" then
    flush(stream, merged) -- a set replaces what came before it
  end
  redis.call("XADD", stream, "*", "event", args[3])
  return answer, done
end

--- FCALL spend_v3 4, as spend_v2
-- Also counts, for each cap, what it refuses.
local function spend_v3(keys, args)
  return (spend_v2(keys, args, true))
end

local ONCE_S = 86400

--- FCALL spend_once_v1 5 application cells stream merged once, as spend_v3
-- What the key `once` names is done one time in a day; asked for again, it is "repeated".
-- The key is rarely there yet, so while a cluster moves its slot this is TRYAGAIN, which loses
-- nothing: whoever names what he does will ask again.
local function spend_once_v1(keys, args)
  if redis.call("EXISTS", keys[5]) == 1 then
    return cmsgpack.pack({ "repeated", {} })
  end
  local answer, done = spend_v2(keys, args, true)
  if done then
    redis.call("SET", keys[5], "", "EX", ONCE_S)
  end
  return answer
end

--- FCALL flush_v1 2 stream merged
-- Append what has been merged so far. Returns how many lines that were.
local function flush_v1(keys)
  return flush(keys[1], keys[2])
end

--- A number that grows: the server's clock in microseconds, or one more than `last`.
-- Because it follows the clock, it does not repeat after data was lost.
local function grown(last)
  local time = redis.call("TIME")
  return string.format("%.0f", math.max(time[1] * 1000000 + time[2], (tonumber(last) or 0) + 1))
end

--- FCALL put_record_v1 1 record  document source
-- Store a document under a new revision, unless it is there already. With a source other than "",
-- a record of another source is left alone. Returns 1, or 0 on that conflict.
local function put_record_v1(keys, args)
  local document, revision, source =
    unpack(redis.call("HMGET", keys[1], "document", "revision", "source"))
  if source and source ~= args[2] then
    return 0
  end
  if document ~= args[1] then
    revision = grown(revision)
    redis.call("HSET", keys[1], "document", args[1], "revision", revision, "source", args[2])
  end
  return 1
end

--- FCALL remove_index_v1 1 index  value
-- Remove an index entry if it still leads where it did.
local function remove_index_v1(keys, args)
  if redis.call("GET", keys[1]) == args[1] then
    redis.call("DEL", keys[1])
  end
  return 1
end

-- The configuration feed of one environment (tollway.store.feed says what it means). Its keys:
-- 1 the feed: generation, position, floor; 2 service -> packed {owner, digest, sealed document},
-- of a removed service {owner}; 3 and 4, sorted sets of service by position: published, removed.

local function advance(keys, service, from, to)
  local position = grown(redis.call("HGET", keys[1], "position"))
  redis.call("HSET", keys[1], "position", position)
  redis.call("ZREM", from, service)
  redis.call("ZADD", to, position, service)
end

local function document_of(keys, service)
  local packed = redis.call("HGET", keys[2], service)
  return packed and cmsgpack.unpack(packed) or {}
end

--- FCALL put_configuration_v1 4 feed documents published removed  service owner digest sealed fresh
-- Equal digests are equal documents: the seal is replaced, the feed does not move. A change of
-- owner begins the `fresh` generation: only a complete step can take the service from the old one.
local function put_configuration_v1(keys, args)
  local service, owner, digest = args[1], args[2], args[3]
  local old = document_of(keys, service)
  redis.call("HSET", keys[2], service, cmsgpack.pack({ owner, digest, args[4] }))
  if old[1] == owner and old[2] == digest then
    return 0
  end
  if old[1] and old[1] ~= owner and redis.call("HEXISTS", keys[1], "generation") == 1 then
    redis.call("HSET", keys[1], "generation", args[5])
  end
  advance(keys, service, keys[4], keys[3])
  return 1
end

--- FCALL remove_configuration_v1 4 feed documents published removed  service removed_max
local function remove_configuration_v1(keys, args)
  local old = document_of(keys, args[1])
  if not old[2] then
    return 0
  end
  redis.call("HSET", keys[2], args[1], cmsgpack.pack({ old[1] }))
  advance(keys, args[1], keys[3], keys[4])
  if redis.call("ZCARD", keys[4]) > tonumber(args[2]) then
    local forgotten, position = unpack(redis.call("ZPOPMIN", keys[4]))
    redis.call("HDEL", keys[2], forgotten)
    redis.call("HSET", keys[1], "floor", position)
  end
  return 1
end

--- FCALL changes_v1 4 feed documents published removed  generation position every owner
-- every: "1" for the services of all owners. Returns {generation, position, complete, sealed
-- documents, removed services}; generation "" is a feed that is not open.
local function changes_v1(keys, args)
  local generation, position, floor =
    unpack(redis.call("HMGET", keys[1], "generation", "position", "floor"))
  position = position or "0"
  if not generation then
    return { "", position, 0, {}, {} }
  end
  local after = tonumber(args[2])
  local complete = args[1] ~= generation
    or after < (tonumber(floor) or 0)
    or after > tonumber(position)

  local function seen(set, collect)
    local from = complete and "-inf" or "(" .. args[2]
    for _, service in ipairs(redis.call("ZRANGEBYSCORE", set, from, "+inf")) do
      local document = document_of(keys, service)
      if args[3] == "1" or document[1] == args[4] then
        collect(service, document)
      end
    end
  end
  local documents, removed = {}, {}
  seen(keys[3], function(_, document)
    documents[#documents + 1] = document[3]
  end)
  if not complete then
    seen(keys[4], function(service)
      removed[#removed + 1] = service
    end)
  end
  return { generation, position, complete and 1 or 0, documents, removed }
end

redis.register_function("spend_v1", spend_v1)
redis.register_function("spend_v2", function(keys, args)
  return (spend_v2(keys, args, false))
end)
redis.register_function("spend_v3", spend_v3)
redis.register_function("spend_once_v1", spend_once_v1)
redis.register_function("flush_v1", flush_v1)
redis.register_function("put_record_v1", put_record_v1)
redis.register_function("remove_index_v1", remove_index_v1)
redis.register_function("put_configuration_v1", put_configuration_v1)
redis.register_function("remove_configuration_v1", remove_configuration_v1)
redis.register_function({
  function_name = "changes_v1",
  callback = changes_v1,
  flags = { "no-writes" },
})
