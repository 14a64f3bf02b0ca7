--- Credentials: what a call shows to be let in, read from the one place that the product names.
-- Pure: the caller hands in the query string, the headers and a form body. They are read, never
-- removed: the upstream sees them too, as it does with 3scale.
-- @module tollway.credentials

local arguments = require("tollway.arguments")
local bit = require("bit")

local byte, char, find, gsub = string.byte, string.char, string.find, string.gsub
local lower, match, sub = string.lower, string.match, string.sub
local band, bor, lshift, rshift = bit.band, bit.bor, bit.lshift, bit.rshift

local _M = {}

local SIXTETS = {}
for i = 1, 64 do
  SIXTETS[byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", i)] = i - 1
end

-- Padding may be left out, as NGINX's own decoder allows; anything else malformed gives nil.
local function decode_base64(text)
  text = match(text, "^(.-)=?=?$")
  if #text % 4 == 1 then
    return nil
  end
  local out, bits, held = {}, 0, 0
  for i = 1, #text do
    local sixtet = SIXTETS[byte(text, i)]
    if not sixtet then
      return nil
    end
    bits, held = bor(lshift(band(bits, 0xff), 6), sixtet), held + 6
    if held >= 8 then
      held = held - 8
      out[#out + 1] = char(band(rshift(bits, held), 0xff))
    end
  end
  return table.concat(out)
end

local function canonical(name)
  return (gsub(lower(name), "_", "-"))
end

-- A header by name, in any case, `-` and `_` alike. Sent several times: the first; in several
-- spellings: the first in the alphabet, so that the answer does not depend on the table's order.
local function header(headers, name)
  local wanted, spelling = canonical(name), nil
  for key in pairs(headers) do
    if #key == #wanted and canonical(key) == wanted and (not spelling or key < spelling) then
      spelling = key
    end
  end
  local value = spelling and headers[spelling]
  if type(value) == "table" then
    value = value[1]
  end
  return value or nil
end

-- In a query `+` is itself, because clients send base64 keys as they are; escapes are decoded,
-- because clients that encode mean the decoded key. In a form `+` is a space, as forms have it.
local function from_query(part, request)
  local raw = arguments.first(request.query, part.name)
  if raw then
    return arguments.unescape(raw)
  end
  raw = arguments.first(request.form, part.name)
  return raw and arguments.decode(raw)
end

local function from_headers(part, request)
  return header(request.headers, part.name)
end

-- RFC 7617: the user ends at the first colon, a password may have more of them.
local function basic(encoded)
  local pair = decode_base64(encoded)
  local colon = pair and find(pair, ":", 1, true)
  if colon then
    return sub(pair, 1, colon - 1), sub(pair, colon + 1)
  end
end

local function from_authorization(part, request)
  local scheme, value = match(header(request.headers, "authorization") or "", "^(%a+) +(%S+) *$")
  scheme = lower(scheme or "")
  if scheme == "bearer" then
    return part.part ~= "app_key" and value or nil
  elseif scheme ~= "basic" then
    return nil
  end
  local user, password = basic(value)
  if part.part == "app_key" or part.part == "user_key" and user == "" then
    return password
  end
  return user
end

-- RFC 6750. A caller may always send an access token so, wherever else the product looks for it.
local function bearer(request)
  local authorization = header(request.headers, "authorization")
  local scheme, token = match(authorization or "", "^(%a+) +(%S+) *$")
  return lower(scheme or "") == "bearer" and token or nil
end

local PLACES = {
  query = from_query,
  headers = from_headers,
  authorization = from_authorization,
}

--- Read the credentials of a call.
-- @tparam table config `document.credentials`: location, parts
-- @tparam ?string query raw query string
-- @tparam table headers name -> value, or a list of values
-- @tparam ?string form raw body of a form
-- @treturn table|nil part -> value, decoded; an empty value is a value
-- @treturn string|nil "missing" when any part is
function _M.read(config, query, headers, form)
  local request = { query = query, headers = headers, form = form }
  local place = PLACES[config.location]
  local found = {}
  for _, part in ipairs(config.parts) do
    local value
    if part.part ~= "access_token" then
      value = place(part, request)
    else
      value = place ~= from_authorization and place(part, request) or bearer(request)
    end
    if not value then
      return nil, "missing"
    end
    found[part.part] = value
  end
  return found
end

return _M
