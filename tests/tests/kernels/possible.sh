# The first process of a machine with one network card; the service in a control group of its own; what
# comes from outside until a connection ends; what was counted, and what the kernel charged for it, on
# the console.

echo "possible: $(cat /sys/devices/system/cpu/possible)"
echo "online: $(cat /sys/devices/system/cpu/online)"
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
