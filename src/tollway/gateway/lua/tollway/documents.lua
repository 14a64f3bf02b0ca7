--- Finds the product that answers for a host, in the documents that the agent has pushed.
-- The shared dictionary holds `host:ENV:HOST` = VERSION and `document:VERSION` = JSON; a version is
-- a digest of the text. A worker decodes a document once per version: what costs time per call is one
-- `get` and one comparison.
-- @module tollway.documents

local cjson = require("cjson.safe")
local lrucache = require("resty.lrucache")
local rules = require("tollway.rules")

local shared = ngx.shared.documents

local HOSTS_MAX = 10000 -- decoded products kept by a worker; one more only costs decoding it again

local _M = {}

local decoded = assert(lrucache.new(HOSTS_MAX))

--- Decode a document and prepare its rules.
-- @treturn table|nil product: the document, with `matcher`
-- @treturn string|nil what is wrong with it
function _M.load(text)
  local document, err = cjson.decode(text)
  if type(document) ~= "table" then
    return nil, err or "not an object"
  end
  local ok, matcher = pcall(rules.load, document.rules)
  if not ok then
    return nil, "rules: " .. tostring(matcher)
  end
  document.matcher = matcher
  return document
end

--- Read the version that a host has now, and its text.
local function fetch(key)
  local version, text
  -- A new version is written before the host points to it, and the old one removed after that: who
  -- finds no text has an old version in hand, and finds the new one at the second try.
  for _ = 1, 2 do
    version = shared:get(key)
    text = version and shared:get("document:" .. version)
    if not version or text then
      break
    end
  end
  return version, text
end

--- The product that answers for a host.
-- @tparam string environment "staging" or "production"
-- @tparam string host lower case, without port
-- @treturn table|nil product
function _M.find(environment, host)
  local key = "host:" .. environment .. ":" .. host
  local known = decoded:get(key)
  if known and known.version == shared:get(key) then
    return known.product
  end
  local version, text = fetch(key)
  if not text then
    return nil
  end
  local product, err = _M.load(text)
  if not product then
    ngx.log(ngx.ERR, "product for ", host, " kept as it was: ", err)
    return known and known.product
  end
  decoded:set(key, { version = version, product = product })
  return product
end

--- Whether the agent has pushed a whole configuration since NGINX started.
function _M.configured(environment)
  return shared:get("configured:" .. environment) ~= nil
end

return _M
