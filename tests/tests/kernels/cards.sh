# The first process of a machine with two network cards: eth0, whose driver runs XDP, and eth1, whose
# offloads the host does not let go of, so that it refuses; the service; what comes from outside until
# a connection ends; and what was counted, on the console.

for card in eth0 eth1; do
    echo 1 > /proc/sys/net/ipv6/conf/$card/disable_ipv6
done
ip address add 198.51.100.1/24 dev eth0
ip address add 203.0.113.1/24 dev eth1
ethtool -L eth0 combined 2

echo "the service starts"
packet-exporter > /run/log 2>&1 &
service=$!

wait_until is_ready
# Before the cards are up nothing reaches them, and from then on all is counted.
timeout 60 nc -l -p 5000 > /run/sent &
last=$!
ip link set eth0 up
ip link set eth1 up
# ARP would come at any time, the last between two looks.
ip neighbor replace 198.51.100.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip neighbor replace 203.0.113.2 lladdr 02:00:00:01:00:02 dev eth1 nud permanent
# The other end waits for these.
ping -q -i 0.1 -c 3 198.51.100.2
ping -q -i 0.1 -c 3 203.0.113.2
wait $last
begin
wait_until is_folded

sed 's/^/log: /' /run/log
echo "came by the connection: $(wc -c < /run/sent)"
echo "driver: $(readlink /sys/class/net/eth0/device/driver)"
echo "queues: $(ls -d /sys/class/net/eth0/queues/rx-* | wc -l)"
ethtool -S eth0 | sed 's/^ */statistic: /'
echo "links here: $(ip -s -j link)"
echo "metrics begin"
get /metrics | grep -E '^packet_(receive|transmit)_(packets|bytes)_|^packet_exporter_(program|device|attach|fold)'
echo "metrics end"
echo "the end"
poweroff -f
