from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_bill_days")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["deleted_at", "status", "store", "paid_amount", "refunded_amount"], name="order_totals"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["paid_at", "store", "paid_amount"], name="order_by_payment"),
        ),
    ]
