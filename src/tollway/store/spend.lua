--- All or nothing: what the entries of one decision do to their cells. Pure Lua 5.1.
-- Nothing of the server is named here, so the same text runs in the tests. Its meaning is
-- tollway.store.spending; vectors/spend.json holds both to it.
--
-- A cell is an array of 22 numbers, in the order of the seven periods (minute, hour, day, week,
-- month, year, eternity): where the current window starts (1..7), units used in it (8..14), units
-- lost in it (15..21); and units held in grants (22).
-- An entry is {metric, kind, amount, caps}, where caps is an array of {period 1..7, cap}.
-- A tally of a metric is an array of 14 numbers: the same windows' starts (1..7), and how many
-- spends its caps have refused in them (8..14).

local _M = {}

local PERIODS, USED, LOST, HELD = 7, 7, 14, 22
local AMOUNT_MAX = 9007199254740991 -- 2^53 - 1: up to here a Lua number is exact

--- A cell that nothing was ever counted in.
function _M.new_cell()
  local cell = {}
  for i = 1, HELD do
    cell[i] = 0
  end
  return cell
end

--- Move on to the windows that begin at `starts`: what has ended counts as 0.
-- A window never moves back, so a caller whose clock is a little behind counts in the window that
-- the cell has reached already.
local function roll(cell, starts)
  for p = 1, PERIODS do
    if starts[p] > cell[p] then
      cell[p], cell[USED + p], cell[LOST + p] = starts[p], 0, 0
    end
  end
end

--- What a caller is told of a cell: used, with what is lost, for each period; and held.
local function reading(cell)
  local used = { 0, 0, 0, 0, 0, 0, 0 }
  for p = 1, PERIODS do
    local sum = cell[USED + p] + cell[LOST + p]
    used[p] = sum > AMOUNT_MAX and AMOUNT_MAX or sum
  end
  return { used, cell[HELD] }
end

local function passes(cell, entry, counted, cap)
  local p = cap[1]
  local taken = cell[USED + p] + cell[LOST + p] + cell[HELD]
  return counted[p] and taken + entry[3] > cap[2]
end

local function fits(cell, entry, counted)
  if entry[2] ~= "add" then
    return true
  end
  for _, cap in ipairs(entry[4]) do
    if passes(cell, entry, counted, cap) then
      return false
    end
  end
  return true
end

--- Do one entry. A set states what has been used, so it also ends what was lost.
local function apply(cell, entry, counted)
  local kind, amount = entry[2], entry[3]
  for p = 1, PERIODS do
    if counted[p] then
      if kind == "set" then
        cell[USED + p], cell[LOST + p] = amount, 0
      else
        local sum = cell[USED + p] + amount
        cell[USED + p] = sum > AMOUNT_MAX and AMOUNT_MAX or sum
      end
    end
  end
end

--- Whether an entry, once done, leaves another cell than it found.
function _M.writes(entry)
  return entry[2] == "set" or (entry[2] ~= "watch" and entry[3] > 0)
end

--- A tally of a metric whose caps never refused anything.
function _M.new_tally()
  local tally = {}
  for i = 1, 2 * PERIODS do
    tally[i] = 0
  end
  return tally
end

--- The periods whose caps refuse an entry, or nil.
-- @tparam table cell in the windows that begin where the caller's do, as `spend` leaves it
function _M.refusing(cell, entry, counted)
  if fits(cell, entry, counted) then
    return nil
  end
  local periods = {}
  for _, cap in ipairs(entry[4]) do
    periods[cap[1]] = passes(cell, entry, counted, cap) or periods[cap[1]]
  end
  return periods
end

--- Count a refusal by the caps of these periods, in place. Windows only move forward, as a cell's.
function _M.tally(tally, periods, starts)
  for p = 1, PERIODS do
    if starts[p] > tally[p] then
      tally[p], tally[PERIODS + p] = starts[p], 0
    end
    if periods[p] then
      tally[PERIODS + p] = tally[PERIODS + p] + 1
    end
  end
end

--- Do every entry on its cell, in place, or none. Keep the cells of entries that write, if done.
-- @tparam table cells array of cells, one for each entry
-- @tparam table entries array of entries; no metric twice
-- @tparam table starts where the caller's windows begin
-- @tparam table counted for each period, whether the entries belong to that window
-- @treturn boolean whether they were done
-- @treturn table the readings before, in the windows that begin at `starts`
function _M.spend(cells, entries, starts, counted)
  local before, all_fit = {}, true
  for i, cell in ipairs(cells) do
    roll(cell, starts)
    before[i] = reading(cell)
    all_fit = all_fit and fits(cell, entries[i], counted)
  end
  if all_fit then
    for i, cell in ipairs(cells) do
      if _M.writes(entries[i]) then
        apply(cell, entries[i], counted)
      end
    end
  end
  return all_fit, before
end

return _M
