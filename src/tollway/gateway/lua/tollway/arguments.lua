--- The arguments of a query string or of a form body: raw text in, decoded values out.
-- NGINX's own readers stop at 100 arguments; whoever hides one behind 100 others should not
-- escape a mapping rule, so these read all that a header or body buffer can hold.
-- @module tollway.arguments

local char, find, gmatch, gsub = string.char, string.find, string.gmatch, string.gsub
local lower, match = string.lower, string.match

local _M = {}

local function unescaped(hex)
  return char(tonumber(hex, 16))
end

--- Decode percent escapes; what is not one stays as it is, `+` too.
function _M.unescape(text)
  if not find(text, "%", 1, true) then
    return text
  end
  return (gsub(text, "%%(%x%x)", unescaped))
end

--- Decode as forms are: percent escapes, and `+` is a space.
function _M.decode(text)
  return _M.unescape((gsub(text, "+", " ")))
end

local function pairs_of(text)
  local next_pair = gmatch(text or "", "[^&]+")
  return function()
    local pair = next_pair()
    if pair then
      return match(pair, "^([^=]*)=?(.*)$")
    end
  end
end

--- The decoded value of the last argument called `name` ("" if it has none), or nil.
function _M.last(text, name)
  local found
  for key, value in pairs_of(text) do
    if _M.decode(key) == name then
      found = value
    end
  end
  return found and _M.decode(found)
end

--- The raw value of the first argument called `name` in any case, or nil.
-- @tparam string name lower case
function _M.first(text, name)
  for key, value in pairs_of(text) do
    if lower(_M.decode(key)) == name then
      return value
    end
  end
end

--- The decoded names of the first arguments that have a value.
-- What has no `=` may be a value as well, so it is left out.
-- @tparam number most
function _M.names(text, most)
  local names = {}
  for pair in gmatch(text or "", "[^&]+") do
    local name = match(pair, "^([^=]+)=")
    if name and #names < most then
      names[#names + 1] = _M.decode(name)
    end
  end
  return names
end

--- `text` without the arguments that `other` sets.
function _M.without(text, other)
  local names, kept = {}, {}
  for key in pairs_of(other) do
    names[_M.decode(key)] = true
  end
  for pair in gmatch(text, "[^&]+") do
    if not names[_M.decode(match(pair, "^[^=]*"))] then
      kept[#kept + 1] = pair
    end
  end
  return table.concat(kept, "&")
end

return _M
