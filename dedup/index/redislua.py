"""What the Redis store asks the server to do in one step, in the server's language. Each script is atomic."""

from __future__ import annotations

_NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

CREATE = """
-- KEYS: meta, turn. ARGV: application, layout
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'application', ARGV[1], 'layout', ARGV[2], 'fence', 0, 'version', 0)
redis.call('DEL', KEYS[2])
redis.call('RPUSH', KEYS[2], '1')
return 1
"""
"""Make the index unless somebody was faster."""

TAKE = """
-- KEYS: meta, holder. ARGV: own name, lease in ms, a holder known to be dead
if redis.call('HEXISTS', KEYS[1], 'application') == 0 then return {-1, ''} end
local held = redis.call('GET', KEYS[2])
if held and held ~= ARGV[3] and held ~= ARGV[1] then return {0, held} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {redis.call('HINCRBY', KEYS[1], 'fence', 1), ARGV[1]}
"""
"""Become the one writer. The number returned is higher than that of any writer before: 0 where somebody else is, -1
where the index is gone."""

RELEASE = """
-- KEYS: holder, turn, gate. ARGV: own name
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('RPUSH', KEYS[2], '1')
return 1
"""
"""Give the turn back with nothing written."""

ENTER = (
    """
-- KEYS: meta, readers, gate. ARGV: own name, lease in ms
local version = redis.call('HGET', KEYS[1], 'version')
if not version then return {-1, 0} end
if redis.call('EXISTS', KEYS[3]) == 1 then return {0, 0} end
"""
    + _NOW
    + """
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
return {1, version}
"""
)
"""Begin to read: 1 and the version; 0 where a commit waits for those who read to finish, -1 where the index is gone."""

STAY = (
    "-- KEYS: readers. ARGV: own name, lease in ms\n"
    + _NOW
    + "return redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])\n"
)
"""Go on reading."""

COMMIT = (
    """
-- KEYS: meta, holder, turn, readers, gate, every key of data. ARGV: own name, own number, lease of the gate in ms,
-- time to live in ms or 0, then for each command the count of its words and the words
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[2] then return 'lost' end
"""
    + _NOW
    + """
if redis.call('ZCOUNT', KEYS[4], now, '+inf') > 0 then
  redis.call('SET', KEYS[5], ARGV[1], 'PX', ARGV[3])
  return 'wait'
end
-- The first write is one that a server without memory refuses: once a script has written, it may go on.
redis.call('HINCRBY', KEYS[1], 'version', 1)
local at = 5
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('RPUSH', KEYS[3], '1')
if tonumber(ARGV[4]) > 0 then
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[4]) end
end
return 'done'
"""
)
"""Carry out a transaction and pass the turn on: all of it, or nothing where the turn was lost or somebody reads."""

POSTED = r"""
-- KEYS: postings. ARGV: keys of 8 bytes, how many of each or -1
local out, none, all = {}, string.rep('\0', 8), string.rep('\255', 8)
for at = 1, #ARGV[1], 8 do
  local key = string.sub(ARGV[1], at, at + 7)
  local found = redis.call('ZRANGEBYLEX', KEYS[1], '[' .. key .. none, '[' .. key .. all, 'LIMIT', 0, ARGV[2])
  for _, row in ipairs(found) do out[#out + 1] = row end
end
return table.concat(out)
"""
"""The postings of many keys, as one string of 16 bytes each."""

RANGES = """
-- KEYS: order, records. ARGV: how many of each or -1, then bounds in pairs
local out = {}
for at = 2, #ARGV, 2 do
  local rows = {}
  for _, key in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[at], ARGV[at + 1], 'LIMIT', 0, ARGV[1])) do
    rows[#rows + 1] = key
    rows[#rows + 1] = redis.call('HGET', KEYS[2], key)
  end
  out[#out + 1] = rows
end
return out
"""
"""Keys and records within each pair of bounds, in order of key."""
