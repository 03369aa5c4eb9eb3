{#- The bots of this server and their images: the only file that knows how a container is run, and the only one that uses
    Salt's docker states.

    Each bot has ROOT/bots/ID, which is root's: secret and config, which its container can only read, rebuilds (see
    baas.reindexed), and data, which is the bot's own. Root never writes into data, where a bot could have laid a link.
    No watch, no force: whatever shall replace a container (a changed config, one more restart) is one of its labels,
    thus an ordinary difference. Every state's id begins bot-ID-, so that each bot can be judged by itself.

    An image is pulled when the pillar names one (by digest), else built here out of the pub's package at
    salt://pub/RELEASE, whose Dockerfile fetches the packages that its lock names. -#}
{%- set root = salt['config.get']('baas:root', '/srv/baas') %}
{#- '': all that the server has, of both kinds. #}
{%- set addresses = salt['config.get']('baas:addresses', ['']) %}
{%- set server = grains['id'] %}
{%- set bots = salt['pillar.get']('baas:bots', {}) %}
{%- set images = {} %}
{%- for bot in bots.values() if bot.get('wanted') == 'running' %}
{%-   set ours = 'baas-pub:' ~ bot['release'] %}
{%-   set image = bot.get('image') or ours %}
{%-   do images.update({image: bot['release'] if image == ours else none}) %}
{%- endfor %}
include:
  - guard
  - host
{%- for image, release in images | dictsort %}
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
{%- for id, bot in bots | dictsort %}
{%-   set dir = root ~ '/bots/' ~ id %}
{%-   set name = 'baas-' ~ id %}
{%-   if bot.get('wanted') == 'running' %}
{%-     set image = bot.get('image') or 'baas-pub:' ~ bot['release'] %}
{%-     set config = {'host': '0.0.0.0', 'port': 8008, 'external': bot['host'], 'restarts': bot['restarts'],
                      'rebuilds': bot['rebuilds'], 'release': bot['release']} %}
{%-     set ports = [] %}
{%-     for address in addresses %}
{%-       do ports.append({'HostIp': address, 'HostPort': bot['port'] | string}) %}
{%-     endfor %}
{%-     set hash = ([config | dictsort, bot['port'], bot['secret']['id']] | tojson) | sha256 %}

bot-{{ id }}-dir:
  file.directory:
    - name: {{ dir | tojson }}
    - user: root
    - group: root
    - mode: '0711'

bot-{{ id }}-data:
  file.directory:
    - name: {{ (dir ~ '/data') | tojson }}
    - user: 1000
    - group: 1000
    - mode: '0700'
    - require:
      - file: bot-{{ id }}-dir

bot-{{ id }}-secret:
  file.serialize:
    - name: {{ (dir ~ '/secret') | tojson }}
    - dataset_pillar: {{ ('baas:bots:' ~ id ~ ':secret') | tojson }}
    - serializer: json
    - user: 1000
    - group: 1000
    - mode: '0400'
    - show_changes: False
    - require:
      - file: bot-{{ id }}-dir

bot-{{ id }}-config:
  file.serialize:
    - name: {{ (dir ~ '/config') | tojson }}
    - dataset: {{ config | tojson }}
    - serializer: json
    - user: 1000
    - group: 1000
    - mode: '0400'
    - show_changes: False
    - require:
      - file: bot-{{ id }}-dir

bot-{{ id }}-indexes:
  baas.reindexed:
    - name: {{ dir | tojson }}
    - bot: {{ id | tojson }}
    - rebuilds: {{ bot['rebuilds'] }}
    - require:
      - file: bot-{{ id }}-data
      - docker_image: {{ ('image-' ~ image) | tojson }}

bot-{{ id }}-container:
  docker_container.running:
    - name: {{ name | tojson }}
    - image: {{ image | tojson }}
    - labels:
      - {{ ('baas.bot=' ~ id) | tojson }}
      - {{ ('baas.server=' ~ server) | tojson }}
      - {{ ('baas.release=' ~ bot['release']) | tojson }}
      - {{ ('baas.restarts=' ~ bot['restarts']) | tojson }}
      - {{ ('baas.rebuilds=' ~ bot['rebuilds']) | tojson }}
      - {{ ('baas.config=' ~ hash) | tojson }}
    - binds:
      - {{ (dir ~ '/data:/data:rw') | tojson }}
      - {{ (dir ~ '/secret:/data/secret:ro') | tojson }}
      - {{ (dir ~ '/config:/data/config:ro') | tojson }}
    - port_bindings: {{ {'8008/tcp': ports} | tojson }}
    - user: '1000:1000'
    - read_only: True
    - tmpfs:
        /tmp: size=8m
    - cap_drop: [ALL]
    - security_opt: [no-new-privileges]
    - mem_limit: {{ (bot.get('memory') or 201326592) | tojson }}
    - memswap_limit: {{ (bot.get('memory') or 201326592) | tojson }}
    - pids_limit: 64
    - healthcheck:
        test: [CMD, node, /pub/healthcheck.js]
        interval: 30000000000
        timeout: 10000000000
        start_period: 20000000000
        retries: 3
    - restart_policy: unless-stopped
    - log_driver: json-file
    - log_opt: [max-size=1m, max-file=2]
    - shutdown_timeout: 15
    - require:
      - file: bot-{{ id }}-secret
      - file: bot-{{ id }}-config
      - baas: bot-{{ id }}-indexes
{%-   elif bot.get('wanted') == 'stopped' %}

bot-{{ id }}-container:
  docker_container.stopped:
    - name: {{ name | tojson }}
    - shutdown_timeout: 15
    - unpause: True
    - error_on_absent: False
{%-   elif bot.get('wanted') == 'absent' %}

bot-{{ id }}-stop:
  docker_container.stopped:
    - name: {{ name | tojson }}
    - shutdown_timeout: 15
    - unpause: True
    - error_on_absent: False

bot-{{ id }}-container:
  docker_container.absent:
    - name: {{ name | tojson }}
    - require:
      - docker_container: bot-{{ id }}-stop

bot-{{ id }}-data:
  file.absent:
    - name: {{ dir | tojson }}
    - require:
      - docker_container: bot-{{ id }}-container
{%-   endif %}
{%- endfor %}
