--- Decides one call: product, credentials, mapping rules, authority, upstream; in this order.
-- A browser that asks whether a page of the developer portal may call is told so before all that.
-- Missing credentials win over an unmapped path, and an unmapped path over asking the authority.
-- One table per request, `ngx.ctx.call`, is made here and read by the balancer and the log.
-- @module tollway.access

local admitted = require("tollway.admitted")
local answers = require("tollway.answers")
local authority = require("tollway.authority")
local cjson = require("cjson.safe")
local cors = require("tollway.cors")
local credentials = require("tollway.credentials")
local debugging = require("tollway.debugging")
local documents = require("tollway.documents")
local refusals = require("tollway.refusals")
local rules = require("tollway.rules")
local targets = require("tollway.upstream")
local tokens = require("tollway.tokens")

local escape = ngx.escape_uri
local find, lower, sub = string.find, string.lower, string.sub
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

--- Answer with one of the product's refusals, and end the request.
local function refuse(answer, product, reason, call)
  refusals.begin(product, reason, answer.status, call)
  return answers.send(answer)
end

--- Why the authority refuses, as far as it says.
local function reason_of(headers)
  local told = headers["x-tollway-refusal"]
  local read = told and cjson.decode(told)
  local reason = type(read) == "table" and read.reason or headers["3scale-rejection-reason"]
  return type(reason) == "string" and sub(reason, 1, 64) or "authorization_failed", told
end

--- What the authority is shown of a call with an access token: whose it is. A token that is not good,
-- and one that nobody can judge now, end the request.
local function identify(call, parts)
  local client, fault, why = tokens.client_of(call.product, parts.access_token)
  if client then
    return { app_id = client }
  end
  if fault then
    return refuse(call.product.errors.auth_failed, call.product, fault, call)
  end
  ngx.log(ngx.ERR, "an access token cannot be judged: ", why)
  refusals.begin(call.product, "token_unjudged", answers.UNAVAILABLE, call)
  return answers.unavailable()
end

--- Ask the authority, unless it is to be told later; on a refusal, answer the caller and end the request.
local function authorise(call, sent_parts, sent_usage)
  local path = call.product.authority.path
  local query = call.product.authority.query .. "&" .. sent_parts .. "&" .. sent_usage
  local key = admitted.key(call.product, sent_parts, sent_usage)
  if admitted.claim(key) then
    call.claimed = { path = path, query = query, key = key }
    return
  end
  local status, headers = authority.ask(path, query)
  call.outcome = authority.outcome(status, headers)
  admitted.learn(key, call.outcome)
  if call.outcome == "authorised" then
    return
  end
  if call.outcome == "unavailable" then
    ngx.log(ngx.ERR, "the authority: ", status or headers)
    refusals.begin(call.product, "authority_unavailable", answers.UNAVAILABLE, call)
    return answers.unavailable()
  end
  local limited = call.outcome == "limited"
  local answer = call.product.errors[limited and "limits_exceeded" or "auth_failed"]
  local reason, told = reason_of(headers)
  refusals.begin(call.product, reason, answer.status, call, told)
  return answers.send(answer, limited and tonumber(headers["3scale-limit-reset"]) or nil)
end

--- Set what nginx.conf sends upstream.
local function forward(call)
  local upstream = call.upstream
  if not upstream then
    refusals.begin(call.product, "no_backend", answers.NOT_FOUND, call)
    return answers.not_found()
  end
  if not upstream.pool or #upstream.peers == 0 then
    refusals.begin(call.product, "backend_unreachable", answers.UNAVAILABLE, call)
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

--- Remember that a page of the portal calls, for the answer's headers; and answer a preflight, which
-- carries no credentials and is no call: it is not counted, and the upstream never sees it.
local function welcome(product)
  local var = ngx.var
  if not cors.is_portal(product, var.http_origin) then
    return
  end
  ngx.ctx.portal_origin = product.portal_origin
  if not cors.is_preflight(ngx.req.get_method(), var.http_access_control_request_method) then
    return
  end
  for name, value in pairs(cors.leave(var.http_access_control_request_headers)) do
    ngx.header[name] = value
  end
  return answers.send({ status = cors.STATUS, body = "" })
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
  welcome(product)
  local debug = debugging.begin(product)
  if not product.credentials then
    return refuse(product.errors.auth_failed, product, "mode_not_served")
  end
  local method, query = ngx.req.get_method(), var.args
  local in_query = product.credentials.location == "query"
  local form = (in_query or product.matcher.conditions) and read_form(method) or nil
  local headers = (not in_query or product.openid) and ngx.req.get_headers(0) or nil
  local parts = credentials.read(product.credentials, query, headers, form)
  if not parts then
    return refuse(product.errors.auth_missing, product, "credentials_missing")
  end
  local call = read_call(product, method, query, form)
  if product.openid then
    parts = identify(call, parts)
  end
  if not call.usage then
    return refuse(product.errors.no_match, product, "no_match", call)
  end
  if targets.is_ambiguous(call.path) then
    return refuse(product.errors.no_match, product, "path_ambiguous", call)
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
