#!/usr/bin/python3
"""ResNet-50 and VGG-16 in PyTorch, with random weights under torchvision's names: time and memory of one picture.

/usr/bin/python3 tests/reference/vision_torch.py resnet50|vgg16 [--size 224] [--threads 2] [--runs 5]   prints JSON
/usr/bin/python3 tests/reference/vision_torch.py resnet50|vgg16 --save FILE.pth                         writes the weights

The operations are those of torchvision's models in eval mode. torchvision itself is not needed.
"""
import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, cin, width, stride):
        super().__init__()
        cout = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(cin, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, cout, 1, bias=False), nn.BatchNorm2d(cout)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride > 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.relu, self.maxpool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        cin = 64
        for stage, (blocks, width) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512)), 1):
            layers = []
            for i in range(blocks):
                layers.append(Bottleneck(cin, width, 2 if i == 0 and stage > 1 else 1))
                cin = 4 * width
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(cin, 1000)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class VGG16(nn.Module):
    def __init__(self):
        super().__init__()
        layers, cin = [], 3
        for cout in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
            layers += [nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU(inplace=True)] if cout else [nn.MaxPool2d(2)]
            cin = cout or cin
        self.features, self.avgpool = nn.Sequential(*layers), nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(nn.Linear(512 * 49, 4096), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, 4096),
                                        nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, 1000))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("network", choices=["resnet50", "vgg16"])
    options.add_argument("--size", type=int, default=224)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--save", metavar="FILE.pth")
    o = options.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(o.threads)
    net = (ResNet50 if o.network == "resnet50" else VGG16)().eval()
    if o.save:
        torch.save(net.state_dict(), o.save)
        return
    mean, deviation = torch.tensor([.485, .456, .406]).view(3, 1, 1), torch.tensor([.229, .224, .225]).view(3, 1, 1)
    times = []
    with torch.no_grad():
        for _ in range(o.runs + 1):
            picture = torch.randn(1, 3, o.size, o.size)
            start = time.perf_counter()
            net((picture - mean) / deviation)
            times.append(time.perf_counter() - start)
    times = times[1:]
    print(json.dumps({"median_s": statistics.median(times), "fastest_s": min(times),
                      "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
