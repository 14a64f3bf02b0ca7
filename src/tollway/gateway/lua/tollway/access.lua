--- Decides one call: product, credentials, mapping rules, authority, upstream; in this order.
-- Missing credentials win over an unmapped path, and an unmapped path over asking the authority.
-- One table per request, `ngx.ctx.call`, is made here and read by the balancer and the log.
-- @module tollway.access

local answers = require("tollway.answers")
local authority = require("tollway.authority")
local credentials = require("tollway.credentials")
local debugging = require("tollway.debugging")
local documents = require("tollway.documents")
local rules = require("tollway.rules")
local targets = require("tollway.upstream")

local escape = ngx.escape_uri
local find, lower = string.find, string.lower
local sort, concat = table.sort, table.concat

local FORM_METHODS = { POST = true, PUT = true, PATCH = true }
local FORM = "application/x-www-form-urlencoded"

local _M = {}

--- The raw body of a form, or nil. One that NGINX spilled to disk counts as empty.
local function read_form(method)
  local kind = FORM_METHODS[method] and ngx.var.http_content_type
  if not kind or find(lower(kind), FORM, 1, true) ~= 1 then
    return nil
  end
  ngx.req.read_body()
  return ngx.req.get_body_data()
end

--- Usage, the patterns that made it, and the upstream, of a call whose caller has credentials.
local function read_call(product, method, query, form)
  local path = rules.escape(ngx.var.uri)
  local route = rules.route(product.routes, path)
  local usage, patterns =
    rules.match(product.matcher, method, path, query, form, route and route.backend)
  return {
    product = product,
    path = path,
    route = route,
    upstream = route and route.upstream or product.upstream,
    usage = usage,
    patterns = patterns,
  }
end

--- The caller's part of an authrep's query: credentials, then usage, each in alphabetical order.
local function encode(parts, usage)
  local fields = {}
  for name, value in pairs(parts) do
    fields[#fields + 1] = name .. "=" .. escape(value)
  end
  sort(fields)
  local amounts = {}
  for metric, amount in pairs(usage) do
    amounts[#amounts + 1] = "usage%5B" .. escape(metric) .. "%5D=" .. amount
  end
  sort(amounts)
  return concat(fields, "&"), concat(amounts, "&")
end

--- What the authority's answer means.
-- @treturn string "authorised", "denied", "limited" or "unavailable"
local function outcome(status, headers)
  if status == 200 then
    return "authorised"
  end
  if not status or status < 400 or status >= 499 then
    return "unavailable"
  end
  if
    status == 409
    and headers["3scale-rejection-reason"] == "limits_exceeded"
    and tonumber(headers["3scale-limit-max-value"]) ~= 0
  then
    return "limited"
  end
  return "denied" -- a metric that the plan switches off has the maximum 0
end

--- Ask the authority; on a refusal, answer the caller and end the request.
local function authorise(call, sent_parts, sent_usage)
  local query = call.product.authority.query .. "&" .. sent_parts .. "&" .. sent_usage
  local status, headers = authority.ask(query)
  call.outcome = outcome(status, headers)
  if call.outcome == "authorised" then
    return
  end
  if call.outcome == "limited" then
    local reset_s = tonumber(headers["3scale-limit-reset"])
    return answers.send(call.product.errors.limits_exceeded, reset_s)
  end
  if call.outcome == "denied" then
    return answers.send(call.product.errors.auth_failed)
  end
  ngx.log(ngx.ERR, "the authority: ", status or headers)
  return answers.unavailable()
end

--- Set what nginx.conf sends upstream.
local function forward(call)
  local upstream = call.upstream
  if not upstream then
    return answers.not_found()
  end
  if not upstream.pool or #upstream.peers == 0 then
    return answers.unreachable()
  end
  local var = ngx.var
  var.tollway_scheme = upstream.scheme
  var.tollway_pool = upstream.pool
  var.tollway_name = upstream.host
  var.tollway_host = upstream.host_header
  var.tollway_target = targets.target(upstream, var.request_uri, call.path, call.route)
  var.tollway_secret_token = call.product.secret_token
end

--- For access_by_lua.
-- @tparam string environment "staging" or "production"
function _M.run(environment)
  local var = ngx.var
  local product = documents.find(environment, var.host)
  if not product then
    if documents.configured(environment) then
      return answers.not_found()
    end
    return answers.unavailable()
  end
  local debug = debugging.begin(product)
  if not product.credentials then
    return answers.send(product.errors.auth_failed)
  end
  local method, query = ngx.req.get_method(), var.args
  local in_query = product.credentials.location == "query"
  local form = (in_query or product.matcher.conditions) and read_form(method) or nil
  local headers = not in_query and ngx.req.get_headers(0) or nil
  local parts = credentials.read(product.credentials, query, headers, form)
  if not parts then
    return answers.send(product.errors.auth_missing)
  end
  local call = read_call(product, method, query, form)
  if not call.usage or targets.is_ambiguous(call.path) then
    return answers.send(product.errors.no_match)
  end
  ngx.ctx.call = call
  local sent_parts, sent_usage = encode(parts, call.usage)
  if debug then
    debugging.show(call, sent_parts, sent_usage)
  end
  authorise(call, sent_parts, sent_usage)
  return forward(call)
end

return _M
