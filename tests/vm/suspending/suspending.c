// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * suspending: a kernel module with which a guest can suspend (s2idle), and wakes up by the alarm of its clock.
 *
 * Devices of virtio are left out: neither 9pnet_virtio, by which the guest has its root, nor virtio-gpu of Linux 6.12
 * can suspend. Once the core has reset such a device at resume, all that is asked of it hangs. All other devices
 * suspend and resume.
 */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>

#define CLOCK_INTERRUPT 8

static int leave_out(struct device *device, void *unused)
{
	dev_pm_syscore_device(device, true);
	return 0;
}

static int __init suspending_init(void)
{
	struct pci_dev *device = NULL;

	for_each_pci_dev(device)
		if (device->vendor == PCI_VENDOR_ID_REDHAT_QUMRANET && device->driver) {
			leave_out(&device->dev, NULL);
			device_for_each_child(&device->dev, NULL, leave_out);
		}
	/* The driver of the clock relies on an event of ACPI, which QEMU does not make. */
	return irq_set_irq_wake(CLOCK_INTERRUPT, 1);
}

/* It stays for as long as the guest. */
module_init(suspending_init);
MODULE_DESCRIPTION("Lets a guest suspend");
MODULE_LICENSE("GPL");
