--- Mapping rules: which metrics a call uses. Matches the trie that tollway.core.rules compiles, and
-- means what that module means (vectors/rules.json). Names nothing of NGINX.
-- @module tollway.rules

local arguments = require("tollway.arguments")

local byte, find, format, gsub, sub = string.byte, string.find, string.format, string.gsub, string.sub
local sort = table.sort

local _M = {}

local NOTHING = {}

-- What `{name}` takes, by byte.
local WILD = {}
for i = 0, 255 do
  WILD[i] = find(string.char(i), "^[%w_%-.~%%!$&'()*+,;=@:]") ~= nil
end

--- Prepare a decoded trie for matching; once per version of a document.
-- @tparam table trie `document.rules`
-- @treturn table the matcher; its field `conditions` says whether any rule looks at arguments
function _M.load(trie)
  local nodes = {}
  for i, node in ipairs(trie.nodes) do
    local run = node.run or ""
    nodes[i] = { run = run, length = #run, next = {}, prefix = node.prefix, exact = node.exact }
  end
  for i, node in ipairs(trie.nodes) do
    for first, index in pairs(node.next or NOTHING) do
      nodes[i].next[byte(first)] = nodes[index + 1]
    end
    nodes[i].wild = node.wild and nodes[node.wild + 1]
  end

  local matcher = { rules = trie.rules, roots = {}, conditions = false }
  for method, index in pairs(trie.methods) do
    matcher.roots[method] = nodes[index + 1]
  end
  for _, rule in ipairs(trie.rules) do
    matcher.conditions = matcher.conditions or rule.conditions ~= nil
  end
  return matcher
end

--- Escape a decoded path (`$uri`) into the form that rules and routes are matched on.
function _M.escape(uri)
  if not find(uri, "[^%w%-_.~!$&'()*+,;=@:/]") then
    return uri
  end
  return (gsub(uri, "[^%w%-_.~!$&'()*+,;=@:/]", function(c)
    return format("%%%02X", byte(c))
  end))
end

local function collect(search, rules)
  local fitting = search.fitting
  for i = 1, #rules do
    local index = rules[i]
    if not search.seen[index] then
      search.seen[index] = true
      fitting[#fitting + 1] = index
    end
  end
end

-- Follow the trie from `node`, whose bytes end before position `at`.
-- A wildcard may end in many places, and all are followed. Each node is entered at growing
-- positions, all within one segment of the path (how many slashes lie before it is fixed), so what a
-- wildcard reaches from the first of them is all it can reach: it is followed once. The work is
-- bounded by nodes times length, whatever the path.
local function walk(search, node, at)
  local path = search.path
  if node.prefix then
    collect(search, node.prefix)
  end
  local first = byte(path, at)
  if not first then
    if node.exact then
      collect(search, node.exact)
    end
    return
  end

  local after = node.next[first]
  if after and (after.length == 1 or sub(path, at, at + after.length - 1) == after.run) then
    walk(search, after, at + after.length)
  end

  local wild = node.wild
  if wild and WILD[first] and not search.followed[wild] then
    search.followed[wild] = true
    repeat
      at = at + 1
      walk(search, wild, at)
      first = byte(path, at)
    until not first or not WILD[first]
  end
end

local function holds(condition, form, query)
  local value = arguments.last(form, condition.name) or arguments.last(query, condition.name)
  return value ~= nil and (condition.value == nil or condition.value == value)
end

local function all_hold(conditions, form, query)
  for _, condition in ipairs(conditions or NOTHING) do
    if not holds(condition, form, query) then
      return false
    end
  end
  return true
end

local function positive(usage)
  local used
  for metric, units in pairs(usage) do
    if units > 0 then
      used = used or {}
      used[metric] = units
    end
  end
  return used
end

--- What a call uses.
-- @tparam table matcher from `load`
-- @tparam string path from `escape`
-- @tparam ?string query raw query string
-- @tparam ?string form raw form body: looked at first
-- @tparam ?string backend the one that the call is routed to; usage of others' rules is left out
-- @treturn table|nil metric -> units; nil when no rule matches, or none adds up to more than 0
-- @treturn table the patterns that matched, in order
function _M.match(matcher, method, path, query, form, backend)
  local usage, patterns = {}, {}
  local root = matcher.roots[method] or matcher.roots.ANY
  if not root then
    return nil, patterns
  end
  local search = { path = path, fitting = {}, seen = {}, followed = {} }
  walk(search, root, 1)
  sort(search.fitting)

  for _, index in ipairs(search.fitting) do
    local rule = matcher.rules[index + 1]
    if all_hold(rule.conditions, form, query) then
      patterns[#patterns + 1] = rule.pattern
      if not backend or not rule.backend or rule.backend == backend then
        usage[rule.metric] = (usage[rule.metric] or 0) + (rule.delta or 0)
      end
      if rule.last then
        break
      end
    end
  end
  return positive(usage), patterns
end

--- The first route whose path is `path` or lies above it, or nil. A route ends at a segment's end.
-- @tparam ?table routes `document.routes`
function _M.route(routes, path)
  for _, route in ipairs(routes or NOTHING) do
    local prefix = route.path
    if prefix == "/" or path == prefix or sub(path, 1, #prefix + 1) == prefix .. "/" then
      return route
    end
  end
end

return _M
