{#- What every server has, with bots or without: the volume, the place of the bots' data, a docker that answers.
    The minion's configuration may say, under baas:, root (default /srv/baas) and mounted (default True: root must be
    a mounted volume, for on an empty directory the bots would begin their feeds anew, which breaks them for ever). -#}
{%- set root = salt['config.get']('baas:root', '/srv/baas') %}
include:
  - guard

host-volume:
{%- if not salt['config.get']('baas:mounted', True) or salt['mount.is_mounted'](root) %}
  test.succeed_without_changes:
    - name: {{ root | tojson }}
{%- else %}
  test.fail_without_changes:
    - name: {{ (root ~ ' is not mounted') | tojson }}
{%- endif %}
    - failhard: True

host-root:
  file.directory:
    - names:
      - {{ root | tojson }}
      - {{ (root ~ '/bots') | tojson }}
      - {{ (root ~ '/pub') | tojson }}
    - user: root
    - group: root
    - mode: '0711'
    - makedirs: True
    - failhard: True

host-docker:
  baas.docker_there:
    - failhard: True

{# What a run that was cut short has left. #}
host-swept:
  baas.swept:
    - name: {{ grains['id'] | tojson }}
