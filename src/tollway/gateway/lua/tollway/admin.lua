--- The agent's door, on a unix socket that only its user can reach: push, remove, ask.
--   GET /status                    incarnation, nginx.conf's fingerprint, process ids
--   GET /documents                 {ENV: {ID: VERSION}}
--   PUT /documents/ENV/ID          {"version": "9f…", "hosts": ["…"], "document": "JSON"}
--   DELETE /documents/ENV/ID
--   PUT /configured/ENV            everything has been pushed: an unknown host is unknown
--   PUT /authority                 where the authority is (tollway.authority)
--   GET /metrics                   {"requests:staging:200": 7, …}
--   POST /refusals                 take what was refused and not taken yet (tollway.refusals)
--   DELETE /remembered             forget which access tokens were good, and who was admitted
--   GET /info                      timers and the worker that answers
-- Answers are JSON. What cannot be used is refused with 422 and the reason, and changes nothing.
-- @module tollway.admin

local cjson = require("cjson.safe")
local documents = require("tollway.documents")
local init = require("tollway.init")
local process = require("ngx.process")
local refusals = require("tollway.refusals")

local shared = ngx.shared.documents
local metrics = ngx.shared.metrics

local KEYS_MAX = 0 -- "all", for get_keys

local _M = {}

local function reply(status, body)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.print(cjson.encode(body))
  return ngx.exit(ngx.HTTP_OK)
end

local function unusable(reason)
  return reply(422, { error = reason })
end

local function body()
  ngx.req.read_body()
  return ngx.req.get_body_data() or ""
end

local function status()
  local workers = {}
  for id = 0, ngx.worker.count() - 1 do
    workers[#workers + 1] = shared:get("worker:" .. id)
  end
  return reply(200, {
    incarnation = shared:get("incarnation"),
    fingerprint = init.fingerprint,
    master = process.get_master_pid(),
    workers = workers,
  })
end

--- What the dictionary remembers of a service: {version=, hosts=}.
local function known(environment, id)
  local text = shared:get("service:" .. environment .. ":" .. id)
  return text and cjson.decode(text) or { hosts = {} }
end

local function list()
  local found = { staging = {}, production = {} }
  for _, key in ipairs(shared:get_keys(KEYS_MAX)) do
    local environment, id = key:match("^service:(%l+):(.*)$")
    if environment then
      found[environment][id] = known(environment, id).version
    end
  end
  return reply(200, found)
end

--- Forget what a service had: its document, and the hosts that still point to it.
local function forget(environment, old, new)
  for _, host in ipairs(old.hosts) do
    local key = "host:" .. environment .. ":" .. host
    if shared:get(key) == old.version then
      shared:delete(key)
    end
  end
  if old.version and old.version ~= new then
    shared:delete("document:" .. old.version)
  end
end

--- Write pairs of key and value, or say which did not fit. `safe_set` evicts nobody's document.
local function write(entries)
  for _, entry in ipairs(entries) do
    local ok, err = shared:safe_set(entry[1], entry[2])
    if not ok then
      return nil, err
    end
  end
  return true
end

local function put(environment, id)
  local pushed = cjson.decode(body())
  local text = pushed and pushed.document
  if type(text) ~= "string" or type(pushed.hosts) ~= "table" then
    return unusable("a version, hosts and a document are needed")
  end
  local loaded, why = documents.load(text)
  if not loaded then
    return unusable(why)
  end
  local version, hosts = pushed.version, pushed.hosts
  local old = known(environment, id)
  local entries = { { "document:" .. version, text } }
  for _, host in ipairs(hosts) do
    entries[#entries + 1] = { "host:" .. environment .. ":" .. host, version }
  end
  local record = cjson.encode({ version = version, hosts = hosts })
  entries[#entries + 1] = { "service:" .. environment .. ":" .. id, record }
  local ok, err = write(entries)
  if not ok then
    return unusable("shared memory: " .. err)
  end
  if old.version ~= version then
    forget(environment, old, version)
  end
  return reply(200, {})
end

local function remove(environment, id)
  forget(environment, known(environment, id))
  shared:delete("service:" .. environment .. ":" .. id)
  return reply(200, {})
end

local function count()
  local found = {}
  for _, key in ipairs(metrics:get_keys(KEYS_MAX)) do
    found[key] = metrics:get(key)
  end
  return reply(200, found)
end

local function place_authority()
  local text = body()
  if not cjson.decode(text) then
    return unusable("not JSON")
  end
  shared:set("authority", text)
  return reply(200, {})
end

local function take_refusals()
  ngx.header["Content-Type"] = "application/json"
  ngx.print(refusals.take())
  return ngx.exit(ngx.HTTP_OK)
end

local function forget_remembered()
  ngx.shared.tokens:flush_all()
  ngx.shared.admitted:flush_all()
  return reply(200, {})
end

local function info()
  return reply(200, {
    timers = { running = ngx.timer.running_count(), pending = ngx.timer.pending_count() },
    worker = {
      id = ngx.worker.id(),
      pid = ngx.worker.pid(),
      count = ngx.worker.count(),
      exiting = ngx.worker.exiting(),
    },
  })
end

local function configured(environment)
  shared:set("configured:" .. environment, true)
  return reply(200, {})
end

local ROUTES = {
  { "GET", "^/status$", status },
  { "GET", "^/documents$", list },
  { "PUT", "^/documents/(%l+)/([^/]+)$", put },
  { "DELETE", "^/documents/(%l+)/([^/]+)$", remove },
  { "PUT", "^/configured/(%l+)$", configured },
  { "PUT", "^/authority$", place_authority },
  { "GET", "^/metrics$", count },
  { "POST", "^/refusals$", take_refusals },
  { "DELETE", "^/remembered$", forget_remembered },
  { "GET", "^/info$", info },
}

--- For content_by_lua of the admin socket.
function _M.run()
  local method, path = ngx.req.get_method(), ngx.var.uri
  for _, route in ipairs(ROUTES) do
    local first, second = path:match(route[2])
    if first and route[1] == method then
      return route[3](first, second)
    end
  end
  return reply(404, { error = "no such route" })
end

return _M
