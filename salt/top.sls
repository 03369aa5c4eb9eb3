# What a server is brought to. The order is the order of work: nothing runs unless the guard has passed.
base:
  '*':
    - guard
    - host
    - bots
