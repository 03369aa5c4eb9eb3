{#- The images that the running bots need: pulled when the pillar names one (by digest), else built here out of the
    pub's package at salt://pub/RELEASE, whose Dockerfile fetches the packages that its lock names. -#}
{%- set root = salt['config.get']('baas:root', '/srv/baas') %}
{%- set wanted = {} %}
{%- for bot in salt['pillar.get']('baas:bots', {}).values() if bot.get('wanted') == 'running' %}
{%-   set ours = 'baas-pub:' ~ bot['release'] %}
{%-   set image = bot.get('image') or ours %}
{%-   do wanted.update({image: bot['release'] if image == ours else none}) %}
{%- endfor %}
include:
  - guard
  - host
{%- for image, release in wanted | dictsort %}
{%-   if release is none %}

{{ ('image-' ~ image) | tojson }}:
  docker_image.present:
    - name: {{ image | tojson }}
{%-   else %}
{%-     set dir = root ~ '/pub/' ~ release %}

{{ ('source-' ~ image) | tojson }}:
  file.recurse:
    - name: {{ dir | tojson }}
    - source: {{ ('salt://pub/' ~ release) | tojson }}
    - exclude_pat: 'E@(^|/)node_modules(/|$)'
    - clean: True
    - user: root
    - group: root
    - dir_mode: '0755'
    - file_mode: '0644'

{{ ('image-' ~ image) | tojson }}:
  docker_image.present:
    - name: baas-pub
    - tag: {{ release | tojson }}
    - build: {{ dir | tojson }}
    - require:
      - file: {{ ('source-' ~ image) | tojson }}
{%-   endif %}
{%- endfor %}
