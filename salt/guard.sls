{#- Stops the whole run unless this pillar is ours, whole and meant for this server. Salt makes an empty pillar out of
    many failures and would run happily on it; so would it on another server's. Its name carries the revision, so that
    whoever reads the result knows which wishes were applied. -#}
{%- set baas = salt['pillar.get']('baas', {}) %}
{%- set faults = [] %}
{%- if baas is not mapping or baas.get('schema') != 1 %}
{%-   do faults.append('the pillar is missing or of another schema') %}
{%- elif baas.get('minion') != grains['id'] %}
{%-   do faults.append('the pillar is another server\'s') %}
{%- elif baas.get('rev') is not integer or baas.get('bots') is not mapping %}
{%-   do faults.append('the pillar lacks rev or bots') %}
{%- else %}
{%-   for id, bot in baas['bots'].items() %}
{%-     if id is not match('[0-9a-z]{1,64}$') or bot is not mapping or bot.get('wanted') not in ('running', 'stopped', 'absent') %}
{%-       do faults.append('a bot without a good id and wish') %}
{%-     elif bot['wanted'] != 'absent' and not (
          bot.get('port') is integer and 0 < bot['port'] < 65536
          and bot.get('host') is string and bot.get('restarts') is integer and bot.get('rebuilds') is integer
          and bot.get('release') is string and bot['release'] is match('[0-9A-Za-z][0-9A-Za-z._-]{0,63}$')
          and bot.get('secret') is mapping and bot['secret'].get('id') is string) %}
{%-       do faults.append('bot ' ~ id ~ ' is not whole') %}
{%-     endif %}
{%-   endfor %}
{%- endif %}
guard:
{%- if faults %}
  test.fail_without_changes:
    - name: {{ ('guard: ' ~ faults[:5] | join('; ')) | tojson }}
{%- else %}
  test.succeed_without_changes:
    - name: rev {{ baas['rev'] }}
{%- endif %}
    - order: first
    - failhard: True
