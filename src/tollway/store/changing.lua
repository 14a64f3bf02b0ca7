--- A change of several keys: all of it, or nothing if what it rests on has moved on meanwhile.
-- Loaded behind functions.lua, whose local `grown` it uses (tollway.store.library).
-- luacheck: read globals redis cmsgpack grown

--- What a reader remembers of a key: a record's revision, any other value whole, false if none.
local function seen(key)
  if redis.call("TYPE", key).ok == "hash" then
    return redis.call("HGET", key, "revision")
  end
  return redis.call("GET", key)
end

local DO = {}

--- PUT document source: a record, under a new revision unless it is there already.
function DO.PUT(key, given)
  local document, revision = unpack(redis.call("HMGET", key, "document", "revision"))
  if document ~= given[1] then
    revision = grown(revision)
    redis.call("HSET", key, "document", given[1], "revision", revision, "source", given[2])
  end
end

--- QUEUE event kept: append to a queue, under an id one above that of `last`; drop the oldest.
function DO.QUEUE(key, given, last)
  local id = redis.call("INCR", last)
  redis.call("ZADD", key, id, string.format("%.0f:%s", id, given[1]))
  redis.call("ZREMRANGEBYRANK", key, 0, -1 - given[2])
end

--- FCALL change_v1 n keys..  msgpack {expected, commands} values..
-- Keys and values go by their number. expected: {key, value that was seen of it, 0 for none};
-- commands: {key, verb, {values}, another key}, where the verb is one of DO or the server's.
-- Returns 1, or 0 with nothing done.
local function change_v1(keys, args)
  local change = cmsgpack.unpack(args[1])
  for _, expected in ipairs(change[1]) do
    local value = expected[2] > 0 and args[1 + expected[2]]
    if seen(keys[expected[1]]) ~= value then
      return 0
    end
  end
  for _, command in ipairs(change[2]) do
    local key, verb, given = keys[command[1]], command[2], {}
    for i, value in ipairs(command[3]) do
      given[i] = args[1 + value]
    end
    if DO[verb] then
      DO[verb](key, given, keys[command[4]])
    else
      redis.call(verb, key, unpack(given))
    end
  end
  return 1
end

redis.register_function("change_v1", change_v1)
