"""Two network devices with a wire between them that is slow and loses packets: DELAY in ms each way, LOSS in percent, SEED."""
import fcntl, heapq, os, random, select, struct, sys, time

delay, loss, dice = float(sys.argv[1]) / 1e3, float(sys.argv[2]) / 100, random.Random(int(sys.argv[3]))


def device(name):
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, 0x400454CA, struct.pack("16sH", name, 0x0002 | 0x1000))  # TUNSETIFF; IFF_TAP | IFF_NO_PI
    return end


near, far = device(b"near"), device(b"far")
print("ready", flush=True)
under_way, count = [], 0
while True:
    rest = max(0, under_way[0][0] - time.monotonic()) if under_way else None
    for end in select.select([near, far], [], [], rest)[0]:
        try:
            frame = os.read(end, 65536)
        except OSError:
            continue
        if dice.random() >= loss:
            count += 1
            heapq.heappush(under_way, (time.monotonic() + delay, count, far if end == near else near, frame))
    while under_way and under_way[0][0] <= time.monotonic():
        _, _, end, frame = heapq.heappop(under_way)
        try:
            os.write(end, frame)
        except OSError:
            pass
