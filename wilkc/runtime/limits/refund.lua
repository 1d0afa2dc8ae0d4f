-- Give a hit back. KEYS: state, hits, due. ARGV: members as `hit.lua` makes them.
for _, member in ipairs(ARGV) do
  redis.call('ZREM', KEYS[3], member)
  if redis.call('ZREM', KEYS[2], member) == 1 then
    redis.call('HINCRBY', KEYS[1], 'count', -1)
  end
end
return 0
