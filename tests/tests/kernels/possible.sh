#!/bin/busybox sh
# The first process of a machine with one network card; the service in a control group of its own; what
# comes from outside until a connection ends; what was counted, and what the kernel charged for it, on
# the console.
/bin/busybox --install -s /applets
export PATH=/bin:/applets
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
dmesg -n 1
echo "kernel $(uname -r)"
echo "possible: $(cat /sys/devices/system/cpu/possible)"
echo "online: $(cat /sys/devices/system/cpu/online)"

ip() { /bin/ip "$@"; }
for module in /modules/*; do insmod "$module"; done
ip link set lo up
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6
ip address add 198.51.100.1/24 dev eth0
group=/sys/fs/cgroup/exporter
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
mkdir $group

echo "the service starts"
# A host with more memory would have this limit by itself.
sh -c "echo \$\$ > $group/cgroup.procs; exec packet-exporter --datapath.memory 256MiB" > /run/log 2>&1 &
service=$!
wait_until() { until "$@" || ! kill -0 $service; do sleep 0.2; done; }
get() { timeout 10 wget -q -O - http://127.0.0.1:10199"$1"; }
is_ready() { get /-/ready > /dev/null 2>&1; }
folds() { get /metrics | sed -n 's/^packet_exporter_folds_total //p'; }
begin() { before=$(folds); before=${before:-0}; }
is_folded() { [ "0$(folds)" -ge $((before + 2)) ]; }

wait_until is_ready
# Before the card is up nothing reaches it, and from then on all is counted.
timeout 60 nc -l -p 5000 > /dev/null &
last=$!
ip link set eth0 up
# ARP would come at any time, the last between two looks.
ip neighbor replace 198.51.100.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
# The other end waits for these.
ping -q -i 0.1 -c 3 198.51.100.2
wait $last
begin
wait_until is_folded

sed 's/^/log: /' /run/log
sed 's/^/charged: /' $group/memory.stat
echo "metrics begin"
get /metrics | grep -E '^packet_(receive|transmit)_(packets|bytes)_|^packet_exporter_(program|fold|memory|map_memory)'
echo "metrics end"
echo "the end"
poweroff -f
