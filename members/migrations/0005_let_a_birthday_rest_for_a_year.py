from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0004_index_unread_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="birthday_set_on",
            field=models.DateField(editable=False, null=True),
        ),
    ]
